import { describe, expect, test } from 'vitest';
import { compileJob } from '../../../src/core/compile_job.ts';
import type { JobSpec } from '../../../src/core/job.ts';
import { recordOf, type JobRecord } from '../../../src/core/job_record.ts';
import { differencesOf } from '../../../src/core/rollout/differences.ts';

const record = (spec: Partial<JobSpec> = {}): JobRecord =>
  recordOf(compileJob('partners/poll', { run: () => null, ...spec }, {}));

const said = (before: Partial<JobSpec>, after: Partial<JobSpec>): string[] =>
  differencesOf(record(before), record(after)).map(
    ({ field, before: was, after: is }) => `${field}: ${was ?? 'none'} → ${is ?? 'none'}`,
  );

describe('what differs between two versions of a job', () => {
  test('is nothing for the same file', () => {
    const spec: Partial<JobSpec> = { schedule: { cron: '*/5 * * * *', jitter: '30s' }, queue: 'polling' };
    expect(said(spec, spec)).toEqual([]);
  });

  test.each<[string, Partial<JobSpec>, Partial<JobSpec>, string[]]>([
    [
      'when it fires',
      { schedule: { cron: '*/5 * * * *' } },
      { schedule: { cron: '*/10 * * * *' } },
      ['schedule: Every 5 minutes → Every 10 minutes'],
    ],
    [
      'how its schedule fires',
      { schedule: { every: '1m' } },
      { schedule: { every: '1m', jitter: '10s', overlap: 'allow', catchUp: 'all' } },
      ['policies: overlap skip, catch-up latest → jitter 10s, overlap allow, catch-up all'],
    ],
    ['its queue', {}, { queue: 'polling' }, ['queue: default → polling']],
    [
      'its retries',
      { retry: { attempts: 3 } },
      { retry: { attempts: 5 } },
      [expect.stringMatching(/^retry: 3, .* → 5, /)],
    ],
    ['its timeout', {}, { timeout: '2m' }, ['timeout: none → 2m']],
    ['its limits', { limits: [{ concurrency: 2 }] }, {}, ['limits: job:partners/poll: 2 at once → none']],
    ['what it comes after', {}, { after: ['a', 'b'] }, ['after: none → all of a, b, when they succeed']],
    [
      'the payload of its schedule',
      { schedule: { every: '1m' }, schedulePayload: { a: 1 } },
      { schedule: { every: '1m' }, schedulePayload: { a: 2 } },
      ['payload: {"a":1} → {"a":2}'],
    ],
    ['how its runs are unique', {}, { unique: { key: 'x:{y}' } }, ['unique: none → {"mode":"unique","key":"x:{y}"}']],
  ])('is told in words: %s', (_, before, after, expected) => {
    expect(said(before, after)).toEqual(expected);
  });

  test('is never kept silent: a part that has no words of its own is told as JSON', () => {
    const before = record();
    const after = { ...before, somethingNew: { of: 'a later version' } } as JobRecord;
    expect(differencesOf(before, after)).toEqual([
      { field: 'somethingNew', before: undefined, after: '{"of":"a later version"}' },
    ]);
  });

  test('is the deployment for a job that fires once for each', () => {
    const rebooted = (b: string): JobRecord => ({ ...record(), ruleJson: `{"c":"@reboot","b":"${b}"}` });
    const [difference] = differencesOf(rebooted('41'), rebooted('42'));
    expect(difference).toMatchObject({
      field: 'schedule',
      before: expect.stringContaining('41') as string,
      after: expect.stringContaining('42') as string,
    });
  });
});
