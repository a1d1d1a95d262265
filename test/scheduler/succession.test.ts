import { afterEach, expect, test, vi } from 'vitest';
import { createEventBus } from '../../src/core/events.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createElector } from '../../src/scheduler/elector.ts';
import type { LeaderLease } from '../../src/scheduler/lease_provider.ts';
import { createEngine, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

afterEach(() => {
  vi.useRealTimers();
});

const LEASE = { trustedUntil: Infinity } as LeaderLease;

/** A replica whose timers never go off: what it does, it does because it was called. */
function createFollower(lock: { state: 'held' | 'free' }) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const tries: string[] = [];
  const elected = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const elector = createElector(
    {
      shard: { index: 0, key: (name) => name },
      leadership: {
        take: () => Promise.resolve({ epoch: '1', primary: 'same' as const }),
        resign: () => Promise.resolve('resigned' as const),
      },
      leases: {
        acquire() {
          tries.push(lock.state);
          return Promise.resolve(lock.state === 'free' ? LEASE : undefined);
        },
        extend: () => Promise.resolve(LEASE),
        release: () => Promise.resolve(),
      },
      rollCall: { abstention: () => undefined, lookAgain: () => Promise.resolve(undefined) },
      clock: systemClock,
      events: createEventBus(),
    },
    {
      id: 'follower',
      aboutJson: '{}',
      ttlMs: 5_000,
      held: () => 0,
      onElected: elected,
      onLost: () => Promise.resolve(),
      onResigned: () => Promise.resolve(),
      random: () => 0.5,
    },
  );
  return { elector, tries, elected };
}

test('a follower that is called takes over at once, not with its next try', async () => {
  const lock: Parameters<typeof createFollower>[0] = { state: 'held' };
  const { elector, tries, elected } = createFollower(lock);
  await elector.start();
  await vi.waitUntil(() => tries.length === 1);
  lock.state = 'free';
  elector.contend();
  await vi.waitUntil(() => elected.mock.calls.length === 1);
  expect(tries).toEqual(['held', 'free']);
  await elector.stop();
});

test('a leader that stops calls one of the others, after its lock is free and it listens no more itself', async () => {
  const namespace = 'succession';
  const first = await openEngine({ target: redis.target, namespace });
  const scheduler = await first.startScheduler();
  await first.hears('leader.elected');
  const second = await openEngine({ target: redis.target, namespace });
  await second.startScheduler();
  const { shard } = (first.store.shards[0] ?? {}) as (typeof first.store.shards)[number];
  await scheduler.stop();
  await second.hears('leader.elected');
  // The call was heard: nothing is left of it at the bell.
  expect(await shard.connection.llen(shard.key('wake:leader'))).toBe(0);
});

test('a call that nobody hears does no harm to the next leader', async () => {
  const namespace = 'unheard';
  const first = await openEngine({ target: redis.target, namespace });
  const scheduler = await first.startScheduler();
  await first.hears('leader.elected');
  await scheduler.stop();
  const second = await createEngine({ target: redis.target, namespace });
  await second.connect();
  const next = await second.startScheduler();
  await second.hears('leader.elected');
  expect(next.leads()).toHaveLength(1);
});
