import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type {
  DashboardLink,
  DataTransformerConfig,
  DynamicConfigValue,
  FieldColor,
  GridPos,
  Panel,
  Threshold,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { link } from './links.ts';
import { DATASOURCE, toTargets, type Query } from './query.ts';

/** What every panel says. `width` is in columns of 24; `alerts` names the rules whose firing this panel explains. */
export type PanelSpec = {
  title: string;
  description: string;
  unit: string;
  width: number;
  queries: readonly Query[];
  alerts?: readonly string[];
  links?: readonly { title: string; url: string }[];
  /** Values from which a colour holds; the first one has no value. */
  steps?: readonly Threshold[];
  mappings?: readonly ValueMapping[];
  min?: number;
  max?: number;
  decimals?: number;
  noValue?: string;
  /** By the name of a field or line. */
  fields?: Readonly<Record<string, readonly DynamicConfigValue[]>>;
  /** By a pattern of the names of lines. */
  patterns?: Readonly<Record<string, readonly DynamicConfigValue[]>>;
  transformations?: readonly DataTransformerConfig[];
};

export type Place = { id: number; gridPos: GridPos };

/** A panel that waits for its number and its place. */
export type PanelDraft = { title: string; width: number; alerts: readonly string[]; build: (place: Place) => Panel };

/** What the builders of all kinds of panel have in common. */
type AnyPanelBuilder = Builder<Panel> & {
  id: (id: number) => unknown;
  gridPos: (gridPos: GridPos) => unknown;
  title: (title: string) => unknown;
  description: (description: string) => unknown;
  datasource: (datasource: DataSourceRef) => unknown;
  targets: (targets: Builder<Dataquery>[]) => unknown;
  transformations: (transformations: DataTransformerConfig[]) => unknown;
  unit: (unit: string) => unknown;
  decimals: (decimals: number) => unknown;
  min: (min: number) => unknown;
  max: (max: number) => unknown;
  noValue: (noValue: string) => unknown;
  mappings: (mappings: ValueMapping[]) => unknown;
  thresholds: (thresholds: Builder<ThresholdsConfig>) => unknown;
  colorScheme: (color: Builder<FieldColor>) => unknown;
  dataLinks: (links: Builder<DashboardLink>[]) => unknown;
  overrideByName: (name: string, properties: DynamicConfigValue[]) => unknown;
  overrideByRegexp: (pattern: string, properties: DynamicConfigValue[]) => unknown;
};

/** A panel of any kind: what its builder does beside this, `create` does first. */
export function draft(spec: PanelSpec, create: () => AnyPanelBuilder): PanelDraft {
  return {
    title: spec.title,
    width: spec.width,
    alerts: spec.alerts ?? [],
    build({ id, gridPos }) {
      const builder = create();
      builder.id(id);
      builder.gridPos(gridPos);
      builder.title(spec.title);
      builder.description(spec.description);
      builder.datasource(DATASOURCE);
      builder.targets(toTargets(spec.queries));
      builder.unit(spec.unit);
      dress(builder, spec);
      const { repeatDirection: _, ...panel } = builder.build();
      return panel;
    },
  };
}

function dress(builder: AnyPanelBuilder, spec: PanelSpec): void {
  const { min, max, decimals, noValue, mappings, steps, links, fields = {}, patterns = {}, transformations } = spec;
  if (min !== undefined) builder.min(min);
  if (max !== undefined) builder.max(max);
  if (decimals !== undefined) builder.decimals(decimals);
  if (noValue !== undefined) builder.noValue(noValue);
  if (mappings !== undefined) builder.mappings([...mappings]);
  if (links !== undefined) builder.dataLinks(links.map(link));
  if (transformations !== undefined) builder.transformations([...transformations]);
  if (steps !== undefined) builder.thresholds(thresholds(steps));
  for (const [name, properties] of Object.entries(fields)) builder.overrideByName(name, [...properties]);
  for (const [pattern, properties] of Object.entries(patterns)) builder.overrideByRegexp(pattern, [...properties]);
}

export const thresholds = (steps: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);

export const byThreshold = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
export const byName = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);

/** Good below `bad`, bad from there on. */
export const goodBelow = (bad: number): Threshold[] => [
  { value: null, color: 'green' },
  { value: bad, color: 'red' },
];

/** Bad below `good`, good from there on. */
export const goodFrom = (good: number): Threshold[] => [
  { value: null, color: 'red' },
  { value: good, color: 'green' },
];

/** Good, then worth a look, then bad. */
export const warnFrom = (warning: number, bad: number): Threshold[] => [
  { value: null, color: 'green' },
  { value: warning, color: 'orange' },
  { value: bad, color: 'red' },
];

/** A number that is neither good nor bad. */
export const PLAIN: Threshold[] = [{ value: null, color: 'blue' }];
