import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Link = { title: string; url?: string };
export type Target = { expr: string; refId: string; legendFormat?: string; format?: string; instant?: boolean };
export type GridPos = { x: number; y: number; w: number; h: number };
export type Panel = {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: GridPos;
  targets?: Target[];
  transformations?: { id: string; options: { include?: { names: string[] }; byField?: string } }[];
  fieldConfig?: {
    defaults: { unit?: string; links?: Link[] };
    overrides: { properties: { id: string; value: unknown }[] }[];
  };
};
export type Variable = { name: string; type: string; definition?: string; query?: unknown };
export type Dashboard = {
  uid: string;
  title: string;
  tags: string[];
  schemaVersion: number;
  panels: Panel[];
  templating: { list: Variable[] };
  annotations: { list: { name: string; expr: string; titleFormat: string; textFormat: string }[] };
  links: (Link & { type: string; tags: string[] })[];
};

/** Where the generated files of the chart are. */
export const CHART_FILES = fileURLToPath(new URL('../../../charts/belfry/files', import.meta.url));

/** The dashboards as they ship, by the name of the file. */
export function readDashboards(): Map<string, Dashboard> {
  const folder = join(CHART_FILES, 'dashboards');
  return new Map(
    readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard]),
  );
}

/** The panels that show something. */
export const drawn = ({ panels }: Dashboard): Panel[] => panels.filter(({ type }) => type !== 'row');

/** What each of its panels queries, with the panel. */
export const queriesOf = (dashboard: Dashboard): { panel: Panel; target: Target }[] =>
  drawn(dashboard).flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));

/** The links of the values of a panel. */
export function valueLinks({ fieldConfig }: Panel): Link[] {
  const overrides = fieldConfig?.overrides.flatMap(({ properties }) => properties) ?? [];
  const ofColumns = overrides.filter(({ id }) => id === 'links').flatMap(({ value }) => value as Link[]);
  return [...(fieldConfig?.defaults.links ?? []), ...ofColumns];
}

/** Every value under a key of this name, however deep. */
export function valuesOf(tree: unknown, key: string): unknown[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree as Record<string, unknown>).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ]);
}

/** PromQL as Grafana sends it: the variables that it fills in by itself are put in. */
export function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range_s', '21600').replaceAll('$__range', '6h');
}

/** Names of the variables that a text uses, but for those that Grafana has by itself. */
export const variablesIn = (text: string): string[] =>
  [...text.matchAll(/\$\{?(\w+)/g)].flatMap(([, name = '']) => (name.startsWith('__') ? [] : [name]));
