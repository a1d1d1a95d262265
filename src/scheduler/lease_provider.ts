import type { Redis } from 'ioredis';
import Redlock, { type Lock } from 'redlock';
import { BelfryError } from '../core/errors.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';

/** A held lease. It must not be trusted at or after `trustedUntil`, ms on the monotonic clock. */
export type LeaderLease = { trustedUntil: number; lock: Lock };

/** The seam around redlock: who may try to lead. Correctness rests on the epoch in Redis, never on this. */
export type LeaseProvider = {
  /** The lease, or undefined when another holds it. Throws when Redis cannot say. */
  acquire(key: string): Promise<LeaderLease | undefined>;
  extend(lease: LeaderLease): Promise<LeaderLease | undefined>;
  /** Lets others lead at once. Never throws: a lease that could not be released runs out. */
  release(lease: LeaderLease): Promise<void>;
};

/** Stop trusting the lease this long before Redis drops it: covers a GC pause, clock drift and one round trip. */
const SAFETY_SHARE = 0.1;

/**
 * `retryCount: 0`, because redlock 5 with retries can hand out a lock that has expired already; and the remaining time is
 * judged here, from before the request, on the monotonic clock (redlock uses the wall clock). An even number of nodes can
 * leave a redlock promise unsettled for ever, so it is refused.
 */
export function createLeaseProvider(nodes: Redis[], ttlMs: DurationMs, clock: Clock): LeaseProvider {
  if (nodes.length % 2 === 0) {
    throw new BelfryError('BAD_CONFIG', `redlock has ${nodes.length} nodes`, {
      field: 'BELFRY_REDLOCK',
      hint: 'use an odd number: 1, 3 or 5',
    });
  }
  const redlock = new Redlock(nodes, { retryCount: 0, automaticExtensionThreshold: 0 });
  redlock.on('error', () => undefined); // each vote's error also rejects the call that asked
  const trust = (askedAt: number, lock: Lock): LeaderLease | undefined => {
    const trustedUntil = askedAt + ttlMs * (1 - SAFETY_SHARE);
    return clock.monotonic() < trustedUntil ? { lock, trustedUntil } : undefined;
  };
  return {
    async acquire(key) {
      const askedAt = clock.monotonic();
      const lock = await orRefused(redlock.acquire([key], ttlMs));
      return lock && trust(askedAt, lock);
    },
    async extend(lease) {
      const askedAt = clock.monotonic();
      const lock = await orRefused(lease.lock.extend(ttlMs));
      return lock && trust(askedAt, lock);
    },
    async release(lease) {
      await lease.lock.release().catch(() => undefined);
    },
  };
}

type Attempt = { votesAgainst: Map<unknown, Error> };

/** Undefined where the votes say that somebody else holds the lock; any other reason is thrown as it is. */
async function orRefused(lock: Promise<Lock>): Promise<Lock | undefined> {
  try {
    return await lock;
  } catch (thrown) {
    const attempts = (thrown as { attempts?: Promise<Attempt>[] }).attempts;
    if (!Array.isArray(attempts)) throw thrown;
    const last = (await Promise.all(attempts)).at(-1);
    const against = [...(last?.votesAgainst.values() ?? [])];
    const failure = against.find(
      (error) => !/ResourceLocked|already locked|was expected/i.test(`${error.name} ${error.message}`),
    );
    if (failure) throw failure;
    return undefined;
  }
}
