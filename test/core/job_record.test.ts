import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { contentHash } from '../../src/core/content_hash.ts';
import { hashName, recordOf } from '../../src/core/job_record.ts';
import { gcraOf } from '../../src/core/limit.ts';

const record = (spec: Record<string, unknown> = {}) => recordOf(compileJob('a/b', { run: () => null, ...spec }));

describe('a job record', () => {
  test('says all that is needed without the code', () => {
    const spec = {
      schedule: { cron: '0 3 * * *', timezone: 'Europe/Berlin' },
      schedulePayload: [1],
      queue: 'q',
      priority: 7,
      limits: [{ rate: '5/1s' }],
    };
    expect(record(spec)).toEqual({
      name: 'a/b',
      description: '',
      owner: '',
      queue: 'q',
      priority: 7,
      policyRevision: expect.stringMatching(/^\w{4,8}$/) as unknown,
      policy: compileJob('a/b', { run: () => null }).policy,
      limits: [{ key: 'job:a/b', rate: { count: 5, periodMs: 1_000 } }],
      isolation: 'inline',
      sloLagMs: 60_000,
      ruleJson: '{"c":"0 3 * * *","z":"Europe/Berlin","p":[1]}',
    });
  });

  test('is the same text for the same definition, so that applying it again changes nothing', () => {
    const spec = { schedule: { every: '90s', jitter: '10s' }, schedulePayload: { x: 1 } };
    expect(JSON.stringify(record(spec))).toBe(JSON.stringify(record(spec)));
  });

  test('names another policy revision when retries or timeout change, and only then', () => {
    expect(record({ queue: 'other' }).policyRevision).toBe(record().policyRevision);
    expect(record({ timeout: '1s' }).policyRevision).not.toBe(record().policyRevision);
    expect(record({ retry: { attempts: 4 } }).policyRevision).not.toBe(record().policyRevision);
  });
});

describe('the parameters of a rate', () => {
  test.each([
    ['1 a minute: one start, then one a minute', { count: 1, periodMs: 60_000 }, '60000 1'],
    ['10 a second: one start, then one each 100 ms', { count: 10, periodMs: 1_000 }, '100 1'],
    [
      '100 a second: ten at once, then one each 1000/91 ms',
      { count: 100, periodMs: 1_000 },
      `${String(1_000 / 91)} 10`,
    ],
  ])('%s', (_, rate, text) => expect(gcraOf(rate)).toBe(text));

  test('let at most the count start in any window of the period', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 1e8 }),
      (count, periodMs) => {
        const [emission = 0, burst = 0] = gcraOf({ count, periodMs }).split(' ').map(Number);
        expect(burst).toBeGreaterThanOrEqual(1);
        expect(burst - 1 + periodMs / emission).toBeCloseTo(count, 4);
      },
    );
    fc.assert(property);
  });
});

describe('a hash', () => {
  // Frozen: replicas of two releases must put a job on the same shard, and read each other's content addresses.
  test('of a name never changes', () => {
    expect(['', 'a', 'partners/poll'].map(hashName)).toEqual([1572119809, 1469464775, 3111566513]);
    expect(['', 'a', 'partners/poll'].map(contentHash)).toEqual(['ztntfp15z3edo', '1r9wi7gftrg58', '1vk4nlu1xnubmi']);
  });

  test('spreads names evenly over shards', () => {
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 8_000; i += 1) {
      const shard = hashName(`job-${String(i)}`) % 8;
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
