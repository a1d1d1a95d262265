import { BelfryError } from '../core/errors.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Term } from '../scheduler/elector.ts';
import type { Ticker, TickerDeps } from '../scheduler/ticker.ts';
import { readNextWork } from './next_work.ts';
import { isOutage } from './outage.ts';
import { createReplica, Died, type SimulatedReplica } from './replica.ts';
import type { Death, Tally, World } from './world.ts';

/** Replicas of the scheduler under one virtual leader lease. */
export type SimulatedSchedulers = {
  start(): Promise<void>;
  /** Looks whether something became due earlier than the leader knew. */
  answerBell(): Promise<void>;
};

export type SchedulersOptions = {
  createTicker: (deps: TickerDeps) => Ticker;
  /** Called after each pass of the leader: there may be runs to claim. */
  onPass: () => Promise<void>;
};

/** The first try of a follower after the lease has run out comes within this (see the elector). */
const CONTEND_MS: DurationMs = 600;
/** A leader that was to die in a commit and has none dies anyway after this. */
const DOOM_MS: DurationMs = 1_000;
/** A replica that died is started again after so many TTLs. */
const RESTART_TTLS = 2;
/** A write that a dead leader had sent arrives up to this long after its successor began. */
const LATE_MS: DurationMs = 2_000;

const DEATHS: readonly Death[] = ['before-reading', 'before-commit', 'after-commit'];

export function createSchedulers(world: World, options: SchedulersOptions): SimulatedSchedulers {
  const { timeline, store, outage, random, request, tally } = world;
  const { leaderTtlMs, skewMs } = request;
  const queues = [...new Set(request.jobs.map(({ queue }) => queue))];
  const living: SimulatedReplica[] = [];
  const graves: SimulatedReplica[] = [];
  let leading: { replica: SimulatedReplica; term: Term } | undefined;
  let leaderlessSince: EpochMs | undefined = timeline.now();
  let leaseUntil: EpochMs = timeline.now();
  let wakesAt = Infinity;
  let born = 0;
  const firstDeath = Math.floor(random() * DEATHS.length);

  const addReplica = (): void => {
    const share = request.replicas === 1 ? 1 : 1 - (2 * (born % request.replicas)) / (request.replicas - 1);
    born += 1;
    const { createTicker } = options;
    living.push(createReplica(world, { id: `replica-${born}`, skewMs: Math.round(share * skewMs), createTicker }));
  };

  const wakeAt = (at: EpochMs): void => {
    if (at >= wakesAt || at === Infinity) return;
    wakesAt = at;
    timeline.at(at, async () => {
      if (wakesAt !== at) return; // it was woken earlier, and has planned anew
      wakesAt = Infinity;
      await pass();
    });
  };

  /** What the loops of a leader do, in one: tick, release, and a look when to come back. */
  const pass = async (): Promise<void> => {
    if (leading === undefined) return;
    const { replica, term } = leading;
    try {
      const delayMs = await replica.tick(term);
      await options.onPass();
      const work = await readNextWork(store.shard, queues);
      const now = timeline.now();
      const tickAt = work.tick > now ? work.tick : now + Math.max(1, delayMs);
      wakeAt(Math.max(now + 1, Math.min(tickAt, await release(work.release))));
    } catch (error) {
      lose(error);
    }
  };

  /** Releases missed fire times if that is due, and answers when it is again. */
  const release = async (dueAt: EpochMs): Promise<EpochMs> => {
    const now = timeline.now();
    if (leading === undefined || dueAt > now) return dueAt;
    const delayMs = await leading.replica.release(leading.term);
    await options.onPass();
    return now + Math.max(1, delayMs);
  };

  /** The sweep and the reaper of a term; both end with it. */
  const sweep = async (term: Term): Promise<void> => {
    if (leading?.term !== term) return;
    try {
      const delayMs = await leading.replica.sweep(term);
      await leading.replica.reap(term);
      timeline.at(timeline.now() + Math.max(1, delayMs), () => sweep(term));
    } catch (error) {
      lose(error);
    }
    await answerBell();
  };

  const lose = (error: unknown): void => {
    if (error instanceof Died) return bury();
    const isExpected = isOutage(error) || (error instanceof BelfryError && error.code === 'NOT_LEADER');
    if (!isExpected) throw error;
    vacate();
  };

  /** The term ends without a word to Redis: the lease runs out by itself, counted from its last renewal. */
  const vacate = (): void => {
    if (leading === undefined) return;
    leading = undefined;
    leaderlessSince = timeline.now();
    leaseUntil = timeline.now() - random() * (leaderTtlMs / 4) + leaderTtlMs;
    contend();
  };

  const bury = (): void => {
    const replica = leading?.replica;
    if (replica === undefined) return;
    replica.die();
    living.splice(living.indexOf(replica), 1);
    graves.push(replica);
    vacate();
    timeline.at(timeline.now() + RESTART_TTLS * leaderTtlMs, () => {
      addReplica();
      contend();
    });
  };

  const contend = (): void => {
    const freeAt = Math.max(leaseUntil, timeline.now());
    timeline.at((outage.endAt(freeAt) ?? freeAt) + random() * CONTEND_MS, elect);
  };

  const elect = async (): Promise<void> => {
    const replica = living[Math.floor(random() * living.length)];
    if (leading !== undefined || replica === undefined || timeline.now() < leaseUntil) return;
    try {
      const { epoch, primary } = await store.leadership.take(replica.id, 'null');
      if (primary !== 'same') await store.leadership.reconciled(epoch);
      begin(replica, { shard: 0, epoch, primary });
    } catch (error) {
      if (!isOutage(error)) throw error;
      contend();
    }
  };

  const begin = (replica: SimulatedReplica, term: Term): void => {
    leading = { replica, term };
    if (term.primary !== 'first') tally.failovers += 1;
    const gapMs = timeline.now() - (leaderlessSince ?? timeline.now());
    tally.longestWithoutLeaderMs = Math.max(tally.longestWithoutLeaderMs, Math.round(gapMs));
    leaderlessSince = undefined;
    replica.begin(term);
    wakesAt = Infinity;
    wakeAt(timeline.now());
    timeline.at(timeline.now(), () => sweep(term));
    for (const grave of graves.splice(0)) haunt(grave);
  };

  /** What a dead leader had sent arrives at last. Its epoch is too old by now. */
  const haunt = (replica: SimulatedReplica): void => {
    for (const send of replica.lateCommits()) {
      const at = timeline.now() + random() * LATE_MS;
      timeline.at(outage.endAt(at) ?? at, async () => {
        const answer = await send();
        if (answer === 'fenced') tally.refusedWrites += 1;
        else tally.acceptedWrites.push(`${replica.id} at ${new Date(timeline.now()).toISOString()}`);
      });
    }
  };

  const kill = (): void => {
    const replica = leading?.replica;
    if (replica === undefined) return timeline.at(timeline.now() + DOOM_MS, kill); // the next one, then
    const death = DEATHS[(firstDeath + tally.deaths.length) % DEATHS.length] as Death;
    replica.doom(death);
    const record: Tally['deaths'][number] = { at: timeline.now(), replica: replica.id, death };
    tally.deaths.push(record);
    timeline.at(timeline.now() + DOOM_MS, () => {
      if (leading?.replica !== replica) return;
      record.death = 'idle';
      bury();
    });
  };

  const answerBell = async (): Promise<void> => {
    const rang = await store.shard.connection.lpop(store.shard.key('wake:leader'));
    if (rang !== null) wakeAt(timeline.now());
  };

  return {
    async start() {
      for (let i = 0; i < request.replicas; i += 1) addReplica();
      // In the order of time, so that they come before whatever is due at the same instant.
      for (const at of request.kills) timeline.at(at, kill);
      for (const { from } of request.pauses) {
        // The first renewal that fails ends the term, if no commit has failed before.
        timeline.at(from + random() * (leaderTtlMs / 4), () => {
          if (outage.endAt(timeline.now()) !== undefined) vacate();
        });
      }
      await elect();
    },
    answerBell,
  };
}
