import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { createLoop } from '../runtime/loop.ts';
import type { Service } from '../runtime/service.ts';
import type { LeadershipStore } from '../store/leadership.ts';
import type { LeaderLease, LeaseProvider } from './lease_provider.ts';
import type { Abstention, RollCall } from './roll_call.ts';

/** One span of leadership over one shard. Everything a leader writes carries the epoch. */
export type Term = { shard: number; epoch: string; primary: 'first' | 'same' | 'new' };

/**
 * following -> leading: the lease was won and an epoch taken.
 * leading -> following: on any doubt (renewal refused or late, connection lost, event loop stalled, a script answered
 * `fenced`); the duties of the term are stopped first, so nothing of the term runs beside its successor for long, and
 * whatever is still under way is refused by its epoch.
 */
type Leadership = { state: 'following' } | { state: 'leading'; term: Term; lease: LeaderLease };

export type Elector = Service & {
  /** The term, while this process may act on it. */
  term(): Term | undefined;
  /** Lets another replica lead: resigns, and stays out of the next election. */
  giveWay(): void;
  /** Tries to lead now: whoever led has resigned. */
  contend(): void;
  /** Gives the term up, for instance because a script answered `fenced`. */
  stepDown(reason: string): void;
  /** Whether it leads or its last try to lead was answered, and no term of late failed to begin. */
  isAble(): boolean;
};

export type ElectorDeps = {
  shard: { index: number; key(name: string): string };
  leadership: Pick<LeadershipStore, 'take' | 'resign'>;
  leases: LeaseProvider;
  rollCall: Pick<RollCall, 'abstention' | 'lookAgain'>;
  clock: Clock;
  events: EventBus;
};

export type ElectorOptions = {
  id: string;
  aboutJson: string;
  ttlMs: DurationMs;
  /** How many shards this process leads already: it lets others go first by that much. */
  held: () => number;
  onElected: (term: Term) => Promise<void>;
  /** Stops the duties of the term. */
  onLost: (term: Term) => Promise<void>;
  /** Called when the lead was given back on purpose, and the lock is free. */
  onResigned: () => Promise<void>;
  random: () => number;
};

const YIELD_PER_SHARD_MS = 250;
/** A replica whose term could not begin does not count as able for so many TTLs: others must not wait for it. */
const DISTRUST_TTLS = 6;

export function createElector(deps: ElectorDeps, options: ElectorOptions): Elector {
  const { shard, leadership, leases, rollCall, clock, events } = deps;
  const { ttlMs } = options;
  const renewMs = ttlMs / 4;
  const stallMs = ttlMs / 3;
  const contendMs = Math.min(600, ttlMs / 4);
  let now: Leadership = { state: 'following' };
  let doubt: string | undefined;
  let isGivingWay = false;
  let expectedBy = Infinity;
  let isAnswered = false;
  let distrustedUntil = -Infinity;
  let abstainedFor: string | undefined;

  /** Whether this replica must leave the lead to others; says so when that changes. */
  const mustAbstain = (abstention: Abstention | undefined): boolean => {
    if (abstention !== undefined && abstention.newest !== abstainedFor) {
      events.emit('leader.abstained', { shard: shard.index, ...abstention });
    }
    abstainedFor = abstention?.newest;
    return abstention !== undefined;
  };

  const acquire = async (): Promise<LeaderLease | undefined> => {
    try {
      const lease = await leases.acquire(shard.key('lock'));
      isAnswered = true;
      return lease;
    } catch (error) {
      isAnswered = false;
      throw error;
    }
  };

  const takeTerm = async (): Promise<Term> => {
    const { epoch, primary } = await leadership.take(options.id, options.aboutJson);
    return { shard: shard.index, epoch, primary };
  };

  const contend = async (): Promise<DurationMs> => {
    const lease = await acquire();
    if (!lease) return contendMs * (0.75 + options.random() / 2) + options.held() * YIELD_PER_SHARD_MS;
    // What is known may be older than a newcomer that the last leader has just made room for.
    if (mustAbstain(await rollCall.lookAgain())) {
      await leases.release(lease);
      return contendMs;
    }
    const term = await takeTerm().catch(async (error: unknown) => {
      await leases.release(lease);
      throw error;
    });
    doubt = undefined;
    now = { state: 'leading', term, lease };
    events.emit('leader.elected', { shard: shard.index, epoch: term.epoch, id: options.id });
    try {
      await options.onElected(term);
    } catch (error) {
      doubt = messageOf(error);
      distrustedUntil = clock.monotonic() + DISTRUST_TTLS * ttlMs;
    }
    return doubt === undefined ? renewMs : 0;
  };

  const lose = async (reason: string): Promise<void> => {
    if (now.state !== 'leading') return;
    const { term, lease } = now;
    now = { state: 'following' };
    expectedBy = Infinity;
    events.emit('leader.lost', { shard: shard.index, epoch: term.epoch, reason });
    await options.onLost(term);
    // A successor's record must survive this: the script refuses it then, and the refusal is counted.
    const answer = await leadership.resign(term.epoch).catch(() => undefined);
    if (answer === 'fenced')
      events.emit('leader.write_refused', { shard: shard.index, epoch: term.epoch, script: 'resign' });
    await leases.release(lease);
  };

  const renew = async (held: Extract<Leadership, { state: 'leading' }>): Promise<DurationMs> => {
    if (clock.monotonic() > expectedBy + stallMs) doubt ??= 'the event loop stalled';
    if (clock.monotonic() >= held.lease.trustedUntil) doubt ??= 'the lease ran out';
    if (doubt === undefined) {
      const lease = await leases.extend(held.lease).catch((error: unknown) => void (doubt = messageOf(error)));
      if (lease) now = { ...held, lease };
      else doubt ??= 'the renewal was refused';
    }
    if (doubt !== undefined) {
      await lose(doubt);
      return contendMs * options.random();
    }
    return renewMs;
  };

  const pass = async (): Promise<DurationMs> => {
    if (isGivingWay) {
      isGivingWay = false;
      await lose('another replica has fewer shards');
      return ttlMs;
    }
    const abstention = rollCall.abstention();
    if (mustAbstain(abstention)) {
      await lose(`a live replica has newer tzdata: ${abstention?.newest ?? ''}`);
      return contendMs;
    }
    return now.state === 'leading' ? renew(now) : contend();
  };

  const loop = createLoop({
    name: `elector of shard ${shard.index}`,
    async step() {
      const delayMs = await pass();
      expectedBy = now.state === 'leading' ? clock.monotonic() + delayMs : Infinity;
      return delayMs;
    },
    onError: (error) => events.emit('leader.contended', { shard: shard.index, error: messageOf(error) }),
    errorDelayMs: contendMs,
  });

  return {
    name: loop.name,
    start: () => loop.start(),
    async stop() {
      const led = now.state === 'leading';
      await loop.stop();
      await lose('resigned');
      // Redis may be away: then the others find out by themselves.
      if (led) await options.onResigned().catch(() => undefined);
    },
    term: () =>
      now.state === 'leading' && doubt === undefined && clock.monotonic() < now.lease.trustedUntil
        ? now.term
        : undefined,
    giveWay() {
      isGivingWay = now.state === 'leading';
      if (isGivingWay) loop.wake();
    },
    contend() {
      if (now.state === 'following') loop.wake();
    },
    stepDown(reason) {
      if (now.state !== 'leading') return;
      doubt ??= reason;
      loop.wake();
    },
    isAble: () => isAnswered && clock.monotonic() >= distrustedUntil,
  };
}
