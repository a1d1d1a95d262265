import { BelfryError } from '../core/errors.ts';
import { createEventBus } from '../core/events.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { createBackfiller } from '../scheduler/backfiller.ts';
import { createCatalogue } from '../scheduler/catalogue.ts';
import { createCommitMemory } from '../scheduler/commit_memory.ts';
import type { Term } from '../scheduler/elector.ts';
import { reapExpired } from '../scheduler/reaper.ts';
import { createSweeper } from '../scheduler/sweeper.ts';
import type { Ticker, TickerDeps } from '../scheduler/ticker.ts';
import { KEEP_ALL, LEDGER_COUNT, type Death, type World } from './world.ts';

/** Thrown out of everything that a replica does from its death on. */
export class Died extends Error {}

/** Fire times released per second at the most, as a leader does by default. */
const CATCH_UP_PER_SECOND = 50;

/** A replica of the scheduler with plans and a wall clock of its own, which can die in the middle of a commit. */
export type SimulatedReplica = {
  id: string;
  /** Chooses where it dies: in its next commit. */
  doom(death: Death): void;
  die(): void;
  isDead(): boolean;
  /** Begins a term. */
  begin(term: Term): void;
  /** One pass over everything due; returns when to call again. Throws Died, NOT_LEADER and REDIS_UNAVAILABLE, as do the next. */
  tick(term: Term): Promise<DurationMs>;
  /** Releases missed fire times; returns when to call again. */
  release(term: Term): Promise<DurationMs>;
  reap(term: Term): Promise<void>;
  /** Looks at one slice of what should be due; returns when to call again. */
  sweep(term: Term): Promise<DurationMs>;
  /** Commits that it was about when it died, to be sent when they are too late. */
  lateCommits(): (() => Promise<unknown>)[];
};

export type ReplicaOptions = {
  id: string;
  skewMs: DurationMs;
  /** The ticker under test. */
  createTicker: (deps: TickerDeps) => Ticker;
};

export function createReplica(world: World, options: ReplicaOptions): SimulatedReplica {
  const { timeline, store } = world;
  const clock = { now: () => timeline.now() + options.skewMs, monotonic: () => timeline.now() };
  const events = createEventBus();
  events.on('leader.write_refused', () => (world.tally.refusedWrites += 1));
  events.on('schedule.repaired', ({ count }) => (world.tally.repaired += count));
  events.on('schedule.quarantined', ({ schedule, error: reason }) =>
    world.tally.quarantined.push({ schedule, reason }),
  );
  const life = createLife(world);
  const catalogue = createCatalogue(store);
  const memory = createCommitMemory();
  const { schedules, backfills, runs } = store;
  const ticker = options.createTicker({
    schedules: {
      due: (limit) => life.read(() => schedules.due(limit)),
      fire: (terms, entries) => life.commit(() => schedules.fire(terms, entries)),
      quarantine: (...args) => life.commit(() => schedules.quarantine(...args)),
    },
    runs: { promote: (limit) => life.read(() => runs.promote(limit)) },
    catalogue,
    memory,
    events,
    clock,
    ledgerCount: LEDGER_COUNT,
    retention: KEEP_ALL,
    onCatchUp: () => undefined, // whoever drives this replica looks for backfills after each tick
  });
  const backfiller = createBackfiller({
    backfills: {
      due: (limit) => life.read(() => backfills.due(limit)),
      fire: (terms, entries) => life.commit(() => backfills.fire(terms, entries)),
    },
    catalogue,
    events,
    ledgerCount: LEDGER_COUNT,
    perSecond: CATCH_UP_PER_SECOND,
  });
  const sweeper = createSweeper({ ...store, catalogue, clock, events, retention: KEEP_ALL });
  return {
    id: options.id,
    doom: life.doom,
    die: life.die,
    isDead: life.isDead,
    begin(term) {
      if (term.primary !== 'same') memory.arm();
    },
    tick: (term) => ticker.tick(term),
    release: (term) => backfiller.release(term),
    sweep: (term) => sweeper.sweep(term),
    reap: async (term) => void (await reapExpired({ runs, events, retention: KEEP_ALL }, term)),
    lateCommits: life.lateCommits,
  };
}

/**
 * A process that can die around a call to Redis, or be cut off from it: whatever it had sent by then may still arrive,
 * and nobody hears the answer.
 */
function createLife({ timeline, outage, tally }: World) {
  let death: Death | undefined;
  let isDead = false;
  const late: (() => Promise<unknown>)[] = [];
  const end = (): never => {
    isDead = true;
    throw new Died('this replica has died');
  };

  /** What is sent to a Redis that stands still waits in its socket, and is done when it goes on. */
  const sendInto = (pausedUntil: EpochMs, send: () => Promise<unknown>): never => {
    timeline.at(pausedUntil, async () => {
      if ((await send()) === 'fenced') tally.refusedWrites += 1;
    });
    throw new BelfryError('REDIS_UNAVAILABLE', 'Redis cannot be reached: it was paused with a commit on its way');
  };

  return {
    doom: (where: Death) => void (death = where),
    die: () => void (isDead = true),
    isDead: () => isDead,
    lateCommits: () => late,
    read<T>(send: () => Promise<T>): Promise<T> {
      if (isDead || death === 'before-reading') return Promise.resolve().then(end);
      return outage.underWay(timeline.now(), send);
    },
    async commit<T>(send: () => Promise<T>): Promise<T> {
      if (death === 'before-commit') {
        late.push(send);
        return end();
      }
      if (isDead) return end();
      const pausedUntil = outage.endAt(timeline.now());
      if (pausedUntil !== undefined) return sendInto(pausedUntil, send);
      const answer = await send();
      if (death === undefined) return answer;
      late.push(send);
      return end();
    },
  };
}
