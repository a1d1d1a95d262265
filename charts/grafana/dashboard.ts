/* oxlint-disable typescript/no-deprecated -- every Grafana from 10 on reads this form; the newer one needs a Grafana 12 that is told to */
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { barLinks, TAG } from './links.ts';
import type { PanelDraft } from './panel.ts';
import { variables, type Choice } from './variables.ts';

const COLUMNS = 24;

/** Panels side by side, all of one height in grid units of 30 px; their widths add up to 24. */
export type Line = { height: number; panels: readonly PanelDraft[] };
export type Section = { title: string; lines: readonly Line[] };

export type DashboardSpec = {
  uid: string;
  title: string;
  description: string;
  choices: readonly Choice[];
  /** The page of Belfry that shows the same. */
  page: string;
  sections: readonly Section[];
};

export const line = (height: number, ...panels: PanelDraft[]): Line => ({ height, panels });

/** A dashboard as Grafana reads it. Panels are numbered from 1 in reading order. */
export function buildDashboard({ uid, title, description, choices, page, sections }: DashboardSpec): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables(variables(choices))
    .annotations(annotations())
    .links(barLinks(page));
  const next = { id: 1, y: 0 };
  for (const section of sections) {
    dashboard.withRow(new RowBuilder(section.title).id(next.id).gridPos({ x: 0, y: next.y, w: COLUMNS, h: 1 }));
    next.id += 1;
    next.y += 1;
    for (const { height, panels } of section.lines) {
      place(panels, height, { dashboard, next, title });
      next.y += height;
    }
  }
  return dashboard.build();
}

type Sheet = { dashboard: DashboardBuilder; next: { id: number; y: number }; title: string };

function place(panels: readonly PanelDraft[], height: number, { dashboard, next, title }: Sheet): void {
  let x = 0;
  for (const { width, build } of panels) {
    const gridPos = { x, y: next.y, w: width, h: height };
    dashboard.withPanel({ build: () => build({ id: next.id, gridPos }) });
    next.id += 1;
    x += width;
  }
  if (x !== COLUMNS) throw new Error(`${title}: a line of panels is ${String(x)} columns wide, not ${String(COLUMNS)}`);
}
