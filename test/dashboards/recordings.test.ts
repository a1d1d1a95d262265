import { expect, test } from 'vitest';
import { writeOut } from '../../charts/grafana/recordings.ts';

const RECORDINGS = [
  { name: 'job:failed:rate5m', expr: 'sum by (job) (rate(failed[5m]))' },
  { name: 'job:share:rate5m', expr: 'job:failed:rate5m / on (job) goal' },
  { name: 'job:paused:max', expr: 'max by (job) (paused) == 1' },
];

test.each([
  ['late unless on (job) job:paused:max', 'late unless on (job) (max by (job) (paused) == 1)'],
  ['job:share:rate5m > 2', '((sum by (job) (rate(failed[5m]))) / on (job) goal) > 2'],
  ['avg_over_time(job:failed:rate5m[1h]) > 2', '(sum by (job) (rate(failed[1h]))) > 2'],
  ['sum_over_time(job:failed:rate5m[6h]) * 60', '(360 * (sum by (job) (rate(failed[6h])))) * 60'],
  ['avg_over_time(job:share:rate5m[3d])', '((sum by (job) (rate(failed[3d]))) / on (job) goal)'],
  ['other:paused:max + late', 'other:paused:max + late'],
])('%s is written out', (expr, written) => {
  expect(writeOut(expr, RECORDINGS)).toBe(written);
});

test.each(['max_over_time(job:failed:rate5m[1h])', 'avg_over_time(job:paused:max[1h])'])(
  '%s cannot be written out, and says so',
  (expr) => {
    expect(() => writeOut(expr, RECORDINGS)).toThrow(/only averages and sums of a :rate5m/);
  },
);
