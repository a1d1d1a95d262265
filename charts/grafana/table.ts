import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  Threshold,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { byThreshold, draft, thresholds, type PanelDraft, type PanelSpec } from './panel.ts';

/** A column: the label, or the query that has its value (`{ query: 0 }` is the first one). */
export type Column = {
  from: string | { query: number };
  title: string;
  unit?: string;
  steps?: readonly Threshold[];
  mappings?: readonly ValueMapping[];
  url?: string;
  width?: number;
};

export type TableSpec = Omit<PanelSpec, 'fields' | 'transformations'> & {
  /** The label by which the rows of the queries belong together. */
  key: string;
  columns: readonly Column[];
  /** Title of the column by which the highest come first. */
  highestFirst?: string;
};

/** One row for each value of `key`, joined from all queries; the columns that are not named are left out. */
export function table({ key, columns, highestFirst, ...spec }: TableSpec): PanelDraft {
  const fields = Object.fromEntries(columns.map((column) => [column.title, looksOf(column)]));
  const transformations = [...(spec.queries.length > 1 ? [join(key)] : []), ...pick(columns, spec.queries.length)];
  return draft({ ...spec, fields, transformations }, () => {
    const builder = new PanelBuilder().colorScheme(byThreshold());
    if (highestFirst !== undefined) {
      builder.sortBy([new TableSortByFieldStateBuilder().displayName(highestFirst).desc(true)]);
    }
    return builder;
  });
}

const join = (key: string): DataTransformerConfig => ({ id: 'joinByField', options: { byField: key, mode: 'outer' } });

/** Grafana calls the value of a lone query `Value`, and of several ones `Value #A`, `Value #B`, … */
function fieldOf({ from }: Column, queries: number): string {
  if (typeof from === 'string') return from;
  return queries === 1 ? 'Value' : `Value #${String.fromCodePoint('A'.charCodeAt(0) + from.query)}`;
}

/** Keeps the named columns in their order: joined queries bring a time each, and labels that nobody asked for. */
function pick(columns: readonly Column[], queries: number): DataTransformerConfig[] {
  const names = columns.map((column) => fieldOf(column, queries));
  return [
    { id: 'filterFieldsByName', options: { include: { names } } },
    {
      id: 'organize',
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
        renameByName: Object.fromEntries(columns.map((column, index) => [names[index] ?? '', column.title])),
      },
    },
  ];
}

function looksOf({ unit, steps, mappings, url, width }: Column): DynamicConfigValue[] {
  const looks: DynamicConfigValue[] = [];
  if (unit !== undefined) looks.push({ id: 'unit', value: unit });
  if (width !== undefined) looks.push({ id: 'custom.width', value: width });
  if (mappings !== undefined) looks.push({ id: 'mappings', value: mappings });
  if (url !== undefined) looks.push({ id: 'links', value: [{ title: 'Show it', url, targetBlank: false }] });
  if (steps !== undefined) {
    const coloured = { id: 'custom.cellOptions', value: { type: 'color-text' } };
    looks.push({ id: 'thresholds', value: thresholds(steps).build() }, coloured);
  }
  return looks;
}
