import { applyJobs } from '../client/apply.ts';
import { createEventBus } from '../core/events.ts';
import type { RedisTarget } from '../core/redis_target.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { createTicker, type Ticker, type TickerDeps } from '../scheduler/ticker.ts';
import { connectRedis, type Connection } from '../store/connect.ts';
import { reachRedis } from '../store/first_contact.ts';
import { preloadScripts } from '../store/scripts.ts';
import { openStore, type ShardStore, type Store } from '../store/store.ts';
import { collectEvidence } from './evidence.ts';
import { expectFireTimes } from './expectation.ts';
import { createOutage } from './outage.ts';
import { createRandom } from './random.ts';
import type { SimulationReport } from './report.ts';
import type { SimulationRequest } from './request.ts';
import { createSchedulers } from './schedulers.ts';
import { createTimeline } from './timeline.ts';
import { reportOn } from './verdict_report.ts';
import { createTally, type World } from './world.ts';
import { createWorkers, type SimulatedWorkers } from './workers.ts';

export type SimulationDeps = {
  /** A Redis of the simulation's own, empty. */
  target: RedisTarget;
  /** The ticker under test; the real one where left out. */
  createTicker?: (deps: TickerDeps) => Ticker;
  /** Ends it early, with what it is aborted for as the error. */
  stop?: AbortSignal;
};

/** Backfills that are under way at the end are waited for so long. */
const DRAIN_MS: DurationMs = 48 * 3_600_000;
const DRAIN_STEP_MS: DurationMs = 60_000;

/**
 * Runs the planner, the ticker and every script over jobs on a virtual clock, with faults, and judges what came of each
 * fire time. Time jumps from event to event, so that a week takes seconds to minutes.
 * Throws BAD_USAGE for more fire times than can be simulated, and what a rule is refused for.
 */
export async function simulate(request: SimulationRequest, deps: SimulationDeps): Promise<SimulationReport> {
  const expected = expectFireTimes(request.jobs, request.calendars, request);
  // Without the command timeout of a control connection: a slow machine must not show in a simulation.
  const connection = connectRedis(deps.target, 'blocking', 'belfry:simulation');
  try {
    await reachRedis(connection);
    await preloadScripts(connection);
    const { world, store } = createWorld(request, connection, deps.stop);
    const workers = await run(world, store, deps.createTicker ?? createTicker);
    const evidence = await collectEvidence(
      world.store,
      expected.map(({ id }) => id),
    );
    return reportOn(world, { expected, evidence, starts: workers.starts() });
  } finally {
    connection.disconnect();
  }
}

function createWorld(request: SimulationRequest, connection: Connection, stop: AbortSignal | undefined) {
  // A fire time at the very beginning counts too, so the jobs are registered just before it.
  const timeline = createTimeline(request.from - 1, stop);
  const outage = createOutage(request.pauses);
  const now = (): EpochMs => {
    outage.assertOpen(timeline.now());
    return timeline.now();
  };
  // What asks this Redis for the time without a script is told the virtual one too.
  Object.assign(connection, { time: () => Promise.resolve([Math.floor(now() / 1_000), (now() % 1_000) * 1_000]) });
  const clock = { now: () => timeline.now(), monotonic: () => timeline.now() };
  const store = openStore({ namespace: 'simulation', shards: 1, connection, clock, events: createEventBus(), now });
  const shard = store.shards[0] as ShardStore;
  const world: World = {
    request,
    timeline,
    outage,
    store: shard,
    random: createRandom(request.seed),
    tally: createTally(),
  };
  return { world, store };
}

async function run(world: World, store: Store, ticker: (deps: TickerDeps) => Ticker): Promise<SimulatedWorkers> {
  const { request, timeline } = world;
  await applyJobs(store, {
    definitions: [...request.jobs],
    keep: [],
    calendars: request.calendars,
    deployment: { id: 'simulation', version: '0' },
    events: createEventBus(),
    seal: { signSchedule: () => undefined },
  });
  const workers: SimulatedWorkers = createWorkers(world, () => schedulers.answerBell());
  const schedulers = createSchedulers(world, { createTicker: ticker, onPass: () => workers.look() });
  await workers.start();
  await schedulers.start();
  const settledBy = request.to + tailOf(request);
  await timeline.runUntil(settledBy);
  while (timeline.now() < settledBy + DRAIN_MS && (await world.store.backfills.list()).length > 0) {
    await timeline.runUntil(timeline.now() + DRAIN_STEP_MS);
  }
  return workers;
}

/** How long after the last fire time its verdict can come at the latest. */
function tailOf({ jobs, pauses, to, leaderTtlMs }: SimulationRequest): DurationMs {
  const delays = jobs.map(({ schedule }) => (schedule?.r ?? 0) + (schedule?.k ?? 0));
  const pausedUntil = Math.max(to, ...pauses.map(({ until }) => until));
  return Math.max(0, ...delays) + (pausedUntil - to) + 4 * leaderTtlMs + 10_000;
}
