import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START, type TestShard } from '../support/test_shard.ts';

const redis = await startRedis();
const RUNS_AHEAD = 400;

async function openLimited(rate: string): Promise<TestShard> {
  const shard = await openTestShard(redis);
  await shard.knows(['limited', 'free']);
  const limited = recordOf(compileJob('limited', { run: () => null, limits: [{ rate }] }));
  const free = recordOf(compileJob('free', { run: () => null }));
  await shard.jobs.save([limited, free], []);
  return shard;
}

const enqueueMany = (shard: TestShard, count: number): Promise<string[]> =>
  shard.enqueue(
    'limited',
    Array.from({ length: count }, (_, index) => `r${String(index)}`),
  );

/** The most starts that any window [t, t + period) holds. */
function mostInAWindow(starts: number[], periodMs: number): number {
  const counts = starts.map((from) => starts.filter((at) => at >= from && at < from + periodMs).length);
  return Math.max(0, ...counts);
}

/** Claims at these steps of the clock, and notes when each run started. */
async function startsOver(shard: TestShard, steps: { moveMs: number; want: number }[]): Promise<number[]> {
  const starts: number[] = [];
  for (const { moveMs, want } of steps) {
    shard.clock.now += moveMs;
    const ids = await shard.claimIds({ want });
    starts.push(...ids.map(() => shard.clock.now));
  }
  return starts;
}

describe('a rate', () => {
  test('lets a tenth start at once and the rest one by one, up to the count in a period', async () => {
    const shard = await openLimited('20/1s');
    await enqueueMany(shard, 100);
    expect(await shard.claimIds({ want: 50 })).toHaveLength(2);
    const starts = await startsOver(
      shard,
      Array.from({ length: 999 }, () => ({ moveMs: 1, want: 50 })),
    );
    expect(starts).toHaveLength(18);
  });

  test('that is used up parks its lane until the next start, and holds up no other job', async () => {
    const shard = await openLimited('1/1m');
    await enqueueMany(shard, 2);
    await shard.enqueue('free', ['f1', 'f2']);
    expect((await shard.claimIds({ want: 9 })).sort()).toEqual(['r0', 'f1', 'f2'].sort());
    const parked = await shard.connection.zrange(shard.shard.key('parked:default'), '0', '-1', 'WITHSCORES');
    expect(parked).toEqual(['5:limited', String(START + 60_000)]);
    shard.clock.now = START + 59_999;
    expect(await shard.claimIds()).toEqual([]);
    shard.clock.now = START + 60_000;
    expect(await shard.claimIds()).toEqual(['r1']);
  });

  test('tells the leader when its lane may go on, and a promotion opens it again', async () => {
    const shard = await openLimited('1/1m');
    await enqueueMany(shard, 2);
    await shard.claimIds({ want: 9 });
    expect(await shard.runs.promote(10)).toMatchObject({ nextDue: START + 60_000 });
    const bell = shard.shard.key('wake:queue:default');
    await shard.connection.del(bell);
    shard.clock.now += 60_000;
    await shard.runs.promote(10);
    expect(await shard.connection.del(bell)).toBe(1);
    expect(await shard.connection.zrange(shard.shard.key('ready:default'), '0', '-1')).toEqual(['5:limited']);
  });

  test('is shared by all priorities and queues of the job', async () => {
    const shard = await openLimited('2/1m');
    await shard.enqueue('limited', ['1'], { priority: 9 });
    await shard.enqueue('limited', ['2'], { queue: 'other' });
    await shard.enqueue('limited', ['3']);
    const first = await shard.claimIds({ want: 9, queues: ['default', 'other'] });
    shard.clock.now += 59_999;
    const second = await shard.claimIds({ want: 9, queues: ['default', 'other'] });
    expect([...first, ...second]).toHaveLength(2);
  });

  test('of one start a day does not let the second go early', async () => {
    const day = 86_400_000;
    const shard = await openLimited('1/1d');
    await enqueueMany(shard, 2);
    await shard.claimIds();
    shard.clock.now = START + day - 1;
    expect(await shard.claimIds()).toEqual([]);
    shard.clock.now = START + day;
    expect(await shard.claimIds()).toHaveLength(1);
  });

  test.each([
    { rate: '19/1s', count: 19, periodMs: 1_000 },
    { rate: '7/1s', count: 7, periodMs: 1_000 },
    { rate: '3/10ms', count: 3, periodMs: 10 },
    { rate: '13/1m', count: 13, periodMs: 60_000 },
  ])('of $rate, whose starts do not fall on whole milliseconds, is reached', async ({ rate, count, periodMs }) => {
    const shard = await openLimited(rate);
    await enqueueMany(shard, 3 * count);
    const stepMs = Math.max(1, periodMs / 1_000);
    const steps = Array.from({ length: (2 * periodMs) / stepMs }, () => ({ moveMs: stepMs, want: 9 }));
    expect((await startsOver(shard, steps)).length).toBeGreaterThanOrEqual(2 * count - 2);
  });

  test('is not spent on runs that are not there', async () => {
    const shard = await openLimited('10/1s');
    await enqueueMany(shard, 1);
    expect(await shard.claimIds({ want: 9 })).toHaveLength(1);
    await shard.enqueue('limited', ['more'], { mode: 'own' });
    shard.clock.now += 100;
    expect(await shard.claimIds({ want: 9 })).toEqual(['more']);
  });

  test('is never exceeded when the clock is set back', async () => {
    const shard = await openLimited('10/1s');
    await enqueueMany(shard, RUNS_AHEAD);
    await startsOver(
      shard,
      Array.from({ length: 50 }, () => ({ moveMs: 40, want: 5 })),
    );
    shard.clock.now -= 1_500;
    const after = await startsOver(
      shard,
      Array.from({ length: 40 }, () => ({ moveMs: 25, want: 5 })),
    );
    expect(mostInAWindow(after, 1_000)).toBeLessThanOrEqual(10);
  });
});

test('never more than `count` runs start in any sliding window of the period, whenever claims come', async () => {
  const steps = fc.array(
    fc.record({ moveMs: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(5_000)), want: fc.integer({ min: 1, max: 60 }) }),
    { minLength: 5, maxLength: 40 },
  );
  const rates = fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    periodMs: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(1_000, 60_000)),
  });
  const property = fc.asyncProperty(rates, steps, async ({ count, periodMs }, moves) => {
    const shard = await openLimited(`${String(count)}/${String(periodMs)}ms`);
    await enqueueMany(shard, RUNS_AHEAD);
    const starts = await startsOver(shard, moves);
    shard.connection.disconnect();
    expect(starts.length).toBeGreaterThan(0);
    expect(mostInAWindow(starts, periodMs)).toBeLessThanOrEqual(count);
  });
  await fc.assert(property, { numRuns: 60 });
});
