import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DATASOURCE } from './query.ts';

/** `expr` gives the moment itself, in ms: exact whatever the step, and it shows what a counter that begins at 1 hides. */
type Mark = {
  name: string;
  expr: string;
  colour: string;
  title: string;
  text: string;
  labels: string;
  isShown: boolean;
};

const MARKS: readonly Mark[] = [
  {
    name: 'Leader elected',
    expr: '1000 * max by (shard) (belfry_shard_leader_since_timestamp_seconds)',
    colour: 'purple',
    title: 'Shard {{shard}} has a new leader',
    text: 'The scheduler of shard {{shard}} changed hands.',
    labels: 'shard',
    isShown: true,
  },
  {
    name: 'Process started',
    expr: '1000 * (process_start_time_seconds and on (job, instance) belfry_build_info)',
    colour: 'blue',
    title: '{{instance}} started',
    text: 'A Belfry process started: a deploy, a restart or a crash.',
    labels: 'instance',
    isShown: false,
  },
];

/** What happened to the whole system, as lines across every graph of every dashboard. */
export const annotations = (): Builder<AnnotationQuery>[] => MARKS.map(toAnnotation);

function toAnnotation({ name, expr, colour, title, text, labels, isShown }: Mark): Builder<AnnotationQuery> {
  // Without a placement the switch stands in the bar, not in a menu; `builtIn` is for Grafana's own annotations.
  const {
    placement: _,
    builtIn: __,
    ...annotation
  } = new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(isShown)
    .iconColor(colour)
    .expr(expr)
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(labels)
    .useValueForTime(true)
    .build();
  return { build: () => annotation };
}
