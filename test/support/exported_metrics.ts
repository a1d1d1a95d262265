import { createAllMetrics } from './all_metrics.ts';
import type { Catalog } from './promql/labels.ts';

/** Labels that a scrape adds to everything: Prometheus' own, and those of whoever runs several clusters. */
const OF_THE_SCRAPE = ['job', 'instance', 'cluster', 'namespace'];
/** What Prometheus itself knows of each target. */
const OF_PROMETHEUS = ['up'];

/** Every series name that /metrics of some process of Belfry has, with its labels: the buckets of histograms too. */
export async function exportedMetrics(): Promise<Catalog> {
  const metrics = createAllMetrics();
  const labels = new Map<string, ReadonlySet<string>>();
  const add = (name: string, own: readonly string[]): void =>
    void labels.set(name, new Set([...own, ...OF_THE_SCRAPE]));
  for (const name of await nodeMetrics(metrics)) add(name, []);
  for (const { name, type, labels: own } of metrics.families.all()) {
    if (type !== 'histogram') add(name, own);
    else for (const [suffix, more] of HISTOGRAM) add(`${name}${suffix}`, [...own, ...more]);
  }
  for (const name of OF_PROMETHEUS) add(name, []);
  return (metric) => labels.get(metric);
}

const HISTOGRAM = [
  ['_bucket', ['le']],
  ['_sum', []],
  ['_count', []],
] as const;

/** Names of the metrics of Node and of the process. */
async function nodeMetrics({ render }: { render: () => Promise<{ pieces: readonly Buffer[] }> }): Promise<string[]> {
  const text = Buffer.concat((await render()).pieces).toString();
  return [...text.matchAll(/^# TYPE ((?:nodejs|process)_\w+) /gm)].map(([, name = '']) => name);
}
