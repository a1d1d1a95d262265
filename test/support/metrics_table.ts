import { createAllMetrics } from './all_metrics.ts';
import type { Metric } from './exposition.ts';

/** By role, what a process of it serves. */
export type Scrapes = Readonly<Record<'scheduler' | 'worker' | 'api', readonly Metric[]>>;

/** Labels by metric, as the code names them: a metric without samples shows none. */
function labelsByName(): Map<string, readonly string[]> {
  const { families } = createAllMetrics();
  return new Map(families.all().map(({ name, labels }) => [name, labels]));
}

/** The lines of the table in docs/metrics.md, by name. */
export function metricsTable(scrapes: Scrapes): string[] {
  const labels = labelsByName();
  const served = new Map<string, { metric: Metric; roles: string[] }>();
  for (const [role, metrics] of Object.entries(scrapes)) {
    for (const metric of metrics.filter(({ name }) => name.startsWith('belfry_'))) {
      const found = served.get(metric.name) ?? { metric, roles: [] };
      served.set(metric.name, { metric, roles: [...found.roles, role] });
    }
  }
  return [...served.keys()].sort().map((name) => {
    const { metric, roles } = served.get(name) as { metric: Metric; roles: string[] };
    const by = roles.length === Object.keys(scrapes).length ? 'all' : roles.join(', ');
    const cells = [`\`${name}\``, metric.type, (labels.get(name) ?? ['?']).join(', '), unitOf(name), by, metric.help];
    return `| ${cells.join(' | ')} |`;
  });
}

function unitOf(name: string): string {
  const base = name.replace(/_total$/, '');
  if (base.endsWith('_timestamp_seconds')) return 'Unix time, s';
  if (base.endsWith('_seconds')) return 's';
  if (base.endsWith('_bytes')) return 'bytes';
  return base.endsWith('_ratio') ? 'ratio' : '';
}
