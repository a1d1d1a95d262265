import { buildDashboard, type DashboardSpec } from './dashboard.ts';

/** The number of the panel of a dashboard that explains an alert, by `<uid of the dashboard> <alert>`. */
export function findPanels(dashboards: readonly DashboardSpec[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const spec of dashboards) {
    const panels = spec.sections.flatMap(({ lines }) => lines.flatMap((line) => line.panels));
    const numbered = (buildDashboard(spec).panels ?? []).filter(({ type }) => type !== 'row');
    for (const [index, { alerts }] of panels.entries()) {
      const id = numbered[index]?.id;
      if (id !== undefined) for (const alert of alerts) found.set(`${spec.uid} ${alert}`, id);
    }
  }
  return found;
}
