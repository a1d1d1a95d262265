import { describe, expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { packKeys } from '../../src/core/limit.ts';
import type { Json } from '../../src/core/job.ts';
import type { Attempt } from '../../src/core/run.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, retrying, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

/** A shard with one job of these limits, and a way to enqueue its runs by payload. */
async function openLimited(spec: Record<string, unknown>) {
  const shard = await openTestShard(redis);
  await shard.knows(['a']);
  const record = recordOf(compileJob('a', { run: () => null, ...spec }));
  await shard.jobs.save([record], []);
  return {
    ...shard,
    add: (ids: string[], payload: Json) => shard.enqueue('a', ids, { payload, keys: packKeys(record.limits, payload) }),
  };
}

function attemptAt(attempts: readonly Attempt[], i: number): Attempt {
  const attempt = attempts[i];
  if (attempt === undefined) throw new Error(`only ${String(attempts.length)} were claimed`);
  return attempt;
}

const perPartner = { limits: [{ key: 'partner:{partner}', concurrency: 2 }] };

describe('slots of a key', () => {
  test('are never more than taken, and a partner that is full holds up no other', async () => {
    const shard = await openLimited(perPartner);
    await shard.add(['x1', 'x2', 'x3'], { partner: 'x' });
    await shard.add(['y1'], { partner: 'y' });
    expect((await shard.claimIds({ want: 9 })).sort()).toEqual(['x1', 'x2', 'y1']);
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
  });

  test('that come free wake the lane that waits for them', async () => {
    const shard = await openLimited(perPartner);
    await shard.add(['x1', 'x2', 'x3', 'x4'], { partner: 'x' });
    const { attempts } = await shard.claim({ want: 9 });
    await shard.settle(attemptAt(attempts, 0), succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['x3']);
    await shard.settle(attemptAt(attempts, 1), retrying(500));
    expect(await shard.claimIds({ want: 9 })).toEqual(['x4']);
    shard.clock.now += 500;
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
  });

  test('all come back in the end', async () => {
    const shard = await openLimited(perPartner);
    await shard.add(['x1', 'x2', 'x3'], { partner: 'x' });
    for (let i = 0; i < 3; i += 1) await shard.settle(await shard.claimOne(), succeeded());
    const dump = await shard.dump();
    expect([dump['active'], dump['blocked_keys'], dump['turns']]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a strict order', () => {
  test('starts one run of a key at a time, and keeps the others waiting while it is tried again', async () => {
    const shard = await openLimited({ ordered: 'account:{account}' });
    await shard.add(['x1', 'x2'], { account: 7 });
    await shard.add(['y1'], { account: 8 });
    const { attempts } = await shard.claim({ want: 9 });
    expect(attempts.map(({ run }) => run.id)).toEqual(['x1', 'y1']);
    await shard.settle(attemptAt(attempts, 0), retrying(500));
    expect(await shard.claimIds({ want: 9 })).toEqual([]);
    shard.clock.now += 500;
    const again = await shard.claimOne({ want: 9 });
    expect(again.run.id).toBe('x1');
    await shard.settle(again, succeeded());
    expect(await shard.claimIds({ want: 9 })).toEqual(['x2']);
  });
});

test('a run whose deadline has passed ends instead of starting', async () => {
  const shard = await openLimited({});
  await shard.enqueue('a', ['late'], { extras: `d=${String(shard.clock.now + 10)}` });
  shard.clock.now += 11;
  expect(await shard.claimIds({ want: 9 })).toEqual([]);
  expect(await shard.history.finished('late')).toMatchObject({ state: 'cancelled', error: { name: 'Expired' } });
});

test('keys take turns, so that one with many waiting runs does not hold up another', async () => {
  const shard = await openLimited({ fairness: 'tenant:{tenant}' });
  const ids = (tenant: string, count: number) => Array.from({ length: count }, (_, i) => `${tenant}${String(i)}`);
  await shard.add(ids('big', 1_000), { tenant: 'big' });
  await shard.add(ids('small', 100), { tenant: 'small' });
  const claimed = await shard.claimIds({ want: 64 });
  expect(claimed.filter((id) => id.startsWith('small'))).toHaveLength(32);
});

describe('a long backlog of one key', () => {
  const named = (key: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${key}-${String(i)}`);
  const countByKey = (ids: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const [key = ''] of ids.map((id) => id.split('-'))) counts[key] = (counts[key] ?? 0) + 1;
    return counts;
  };

  test('gets one turn like all others, wherever it stands among the lanes that a claim looks at together', async () => {
    for (const place of [0, 6, 7, 8, 63, 64]) {
      const shard = await openLimited({ fairness: 'partner:{partner}' });
      for (let i = 0; i < 80; i += 1) {
        const key = `k${String(i)}`;
        await shard.add(named(key, i === place ? 200 : i < place ? 1 : 20), { partner: key });
        shard.clock.now += 1;
      }
      // 64 wanted: turns of eight.
      const counts = countByKey(await shard.claimIds({ want: 64 }));
      expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(64);
      expect(Object.values(counts).every((count) => count <= 8)).toBe(true);
    }
  });

  test('is passed by nobody who comes later and wants only one', async () => {
    const shard = await openLimited({ fairness: 'partner:{partner}' });
    await shard.add(named('x', 50), { partner: 'x' });
    for (let i = 0; i < 20; i += 1) await shard.add(named(`k${String(i)}`, 2), { partner: `k${String(i)}` });
    const taken: string[] = [];
    for (let i = 0; i < 42; i += 1) taken.push(...(await shard.claimIds({ want: 1 })));
    const rounds = [taken.slice(0, 21), taken.slice(21)].map(countByKey);
    for (const round of rounds) expect(Object.values(round)).toEqual(Array.from({ length: 21 }, () => 1));
  });
});
