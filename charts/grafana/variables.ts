import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AdHocVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './query.ts';

/** Where `npm start` serves Belfry; the reader, or the chart, puts the real address. */
const DEFAULT_URL = 'http://localhost:7466';

/** A choice of values of a label. `all`: everything is chosen at first; `one`: the first value is. */
export type Choice = { name: string; label: string; metric: string; start: 'all' | 'one' };

/** The variables that each dashboard has, around the ones of its own. */
export const variables = (choices: readonly Choice[]): Builder<VariableModel>[] => [
  new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
  ...choices.map(toVariable),
  new AdHocVariableBuilder('filters')
    .label('Filters')
    .description('Labels that your scrape adds, such as namespace or cluster: for several Belfrys in one Prometheus.')
    .datasource(DATASOURCE),
  new TextBoxVariableBuilder('belfry_url')
    .label('Belfry URL')
    .description('Where the links to Belfry itself lead.')
    .defaultValue(DEFAULT_URL)
    .current({ selected: true, text: DEFAULT_URL, value: DEFAULT_URL })
    .options([{ selected: true, text: DEFAULT_URL, value: DEFAULT_URL }]),
];

function toVariable({ name, label, metric, start }: Choice): Builder<VariableModel> {
  const definition = `label_values(${metric}, ${name})`;
  const variable = new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .definition(definition)
    .query({ query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true);
  // `.*` instead of every value in turn: thousands of names do not fit into a query.
  return start === 'all'
    ? variable
        .includeAll(true)
        .allValue('.*')
        .current({ text: ['All'], value: ['$__all'] })
    : variable;
}
