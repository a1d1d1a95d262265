import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from '@grafana/grafana-foundation-sdk/prometheus';

/** The data source that the reader chose: no panel names one of its own. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/**
 * One PromQL expression of a panel. `range` draws lines, `latest` is one value now, `rows` one table row per series now,
 * `buckets` the buckets of a histogram as a heat map.
 */
export type Query = {
  expr: string;
  legend: string;
  shape: 'range' | 'latest' | 'rows' | 'buckets';
  exemplars?: boolean;
};

export const series = (expr: string, legend: string): Query => ({ expr, legend, shape: 'range' });
export const latest = (expr: string, legend = ''): Query => ({ expr, legend, shape: 'latest' });
export const rows = (expr: string): Query => ({ expr, legend: '', shape: 'rows' });
export const buckets = (expr: string): Query => ({ expr, legend: '{{le}}', shape: 'buckets' });

/** The same line with dots that lead to the traces of single runs, where the scrape brings exemplars. */
export const traced = (query: Query): Query => ({ ...query, exemplars: true });

const FORMATS = {
  range: PromQueryFormat.TimeSeries,
  latest: PromQueryFormat.TimeSeries,
  rows: PromQueryFormat.Table,
  buckets: PromQueryFormat.Heatmap,
};

/** The queries as the targets of a panel, named A, B, C in order. */
export function toTargets(queries: readonly Query[]): Builder<Dataquery>[] {
  return queries.map(({ expr, legend, shape, exemplars }, index) => {
    const target = new DataqueryBuilder()
      .refId(String.fromCodePoint('A'.charCodeAt(0) + index))
      .datasource(DATASOURCE)
      .editorMode(QueryEditorMode.Code)
      .format(FORMATS[shape])
      .expr(expr);
    if (legend !== '') target.legendFormat(legend);
    if (exemplars !== undefined) target.exemplar(exemplars);
    return shape === 'latest' || shape === 'rows' ? target.instant() : target.range();
  });
}
