import { describe, expect, test } from 'vitest';
import { readLabels, type Catalog } from './labels.ts';

const METRICS: Readonly<Record<string, string[]>> = {
  runs: ['job', 'outcome'],
  limits: ['job'],
  wait_bucket: ['queue', 'le'],
};
const catalog: Catalog = (metric) => (METRICS[metric] === undefined ? undefined : new Set(METRICS[metric]));
const labelsOf = (expr: string): string[] => [...readLabels(expr, catalog).labels];
const faultsOf = (expr: string): string[] => readLabels(expr, catalog).faults.map((fault) => fault.split(':')[0] ?? '');

describe('reading the labels of an expression', () => {
  test.each([
    ['runs', ['job', 'outcome']],
    ['sum by (job) (rate(runs[5m]))', ['job']],
    ['sum(runs)', []],
    ['sum without (outcome) (runs)', ['job']],
    ['topk(3, max by (job) (max_over_time(runs[6h] @ end())))', ['job']],
    ['max by (job) (runs) > bool on (job) limits', ['job']],
    ['histogram_quantile(0.99, sum by (le, queue) (rate(wait_bucket[1m])))', ['queue']],
    ['time() - min(runs)', []],
    ['runs and on (job) limits', ['job', 'outcome']],
    ['absent(runs)', []],
  ])('%s answers series with %j', (expr, labels) => {
    expect(labelsOf(expr)).toEqual(labels);
    expect(faultsOf(expr)).toEqual([]);
  });

  test.each([
    ['sum(', 'not PromQL at 4'],
    ['rubs', 'no metric is called rubs'],
    ['runs{queue="a"}', 'runs has no label queue'],
    ['sum by (queue) (runs)', 'nothing aggregated has a label queue'],
    ['runs / on (outcome) limits', 'the right side has no label outcome to match on'],
    ['runs / limits', '{job,outcome} never matches {job} without on()'],
    ['histogram_quantile(0.5, sum by (job) (runs))', 'a quantile needs the label le'],
  ])('%s is wrong', (expr, fault) => {
    expect(faultsOf(expr)).toEqual([fault]);
  });
});
