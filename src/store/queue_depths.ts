import { unpackRun, type Run } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import { laneKey, readLanes, type Lane } from './lanes.ts';
import { readStates } from './run_states.ts';
import type { Shard } from './shard.ts';

/** How many runs of a queue are in which state. */
export type QueueDepth = {
  queue: string;
  /** With a worker free they start now, but for those that limits hold back. */
  ready: number;
  /** Of the ready ones: those whose rate, slot or turn is not there yet. */
  limited: number;
  /** Until an instant, behind another run, or for their children. */
  waiting: number;
  retrying: number;
  running: number;
  /** Fire time of the run that has been ready for longest. */
  oldestReady: EpochMs | undefined;
};

/** Lanes that are counted per shard; runs of more are reckoned from these. */
const MOST_LANES = 5_000;
/** Runs that have failed, are held or await children, which are looked at one by one. */
const MOST_RUNS = 10_000;
const SLICE = 500;

/** Depths of a shard's queues, by many small reads, so that none holds Redis up. Exact up to the limits above. */
export async function readDepths(shard: Shard): Promise<QueueDepth[]> {
  const queues = (await shard.connection.smembers(shard.key('queues'))).sort();
  const depths = new Map(queues.map((queue) => [queue, emptyDepth(queue)]));
  await countLanes(shard, depths);
  await countRunning(shard, depths);
  await countDelayed(shard, depths);
  return [...depths.values()];
}

export function emptyDepth(queue: string): QueueDepth {
  return { queue, ready: 0, limited: 0, waiting: 0, retrying: 0, running: 0, oldestReady: undefined };
}

async function countLanes(shard: Shard, depths: Map<string, QueueDepth>): Promise<void> {
  const { ready, parked, blocked } = await readLanes(shard, [...depths.keys()], MOST_LANES);
  const known = new Set(ready.map(({ queue, lane }) => `${queue} ${lane}`));
  // A lane can stand in two indexes for a moment, and waits for one key of several at a time.
  const limited = new Map(
    [...parked, ...blocked]
      .map((lane) => [`${lane.queue} ${lane.lane}`, lane] as const)
      .filter(([key]) => !known.has(key)),
  );
  await addLanes(shard, ready, (depth, length) => void (depth.ready += length), depths);
  const addLimited = (depth: QueueDepth, length: number): void => {
    depth.ready += length;
    depth.limited += length;
  };
  await addLanes(shard, [...limited.values()], addLimited, depths);
  for (const depth of depths.values()) {
    const lanes = ready.filter(({ queue }) => queue === depth.queue).length;
    if (lanes < MOST_LANES) continue;
    const all = await shard.connection.zcard(shard.key(`ready:${depth.queue}`));
    depth.ready = Math.round((depth.ready * Math.max(all, lanes)) / lanes);
  }
}

type Add = (depth: QueueDepth, length: number) => void;

async function addLanes(shard: Shard, lanes: Lane[], add: Add, depths: Map<string, QueueDepth>): Promise<void> {
  const { connection } = shard;
  for (let from = 0; from < lanes.length; from += SLICE) {
    const part = lanes.slice(from, from + SLICE);
    const [lengths, heads] = await Promise.all([
      Promise.all(part.map((lane) => connection.llen(laneKey(shard, lane)))),
      Promise.all(part.map((lane) => connection.lindex(laneKey(shard, lane), 0))),
    ]);
    const runs = await readRuns(
      shard,
      heads.map((head) => head ?? ''),
    );
    part.forEach(({ queue }, i) => {
      const depth = depths.get(queue) as QueueDepth;
      add(depth, lengths[i] ?? 0);
      const fireTime = runs[i]?.fireTime;
      if (fireTime !== undefined) depth.oldestReady = Math.min(depth.oldestReady ?? Infinity, fireTime);
    });
  }
}

async function countRunning(shard: Shard, depths: Map<string, QueueDepth>): Promise<void> {
  const ids = await shard.connection.hkeys(shard.key('running'));
  for (let from = 0; from < ids.length; from += SLICE) {
    for (const run of await readRuns(shard, ids.slice(from, from + SLICE))) {
      const depth = run && depths.get(run.queue);
      if (depth) depth.running += 1;
    }
  }
}

/** Delayed runs wait, but for those that have failed before; and some wait for other runs without a delay. */
async function countDelayed(shard: Shard, depths: Map<string, QueueDepth>): Promise<void> {
  const { connection } = shard;
  await Promise.all(
    [...depths.values()].map(async (depth) => {
      depth.waiting = await connection.zcard(shard.key(`delayed:${depth.queue}`));
    }),
  );
  for (const run of await runsIn(shard, 'errors', 'retrying')) {
    const depth = depths.get(run.queue);
    if (depth && depth.waiting > 0) {
      depth.waiting -= 1;
      depth.retrying += 1;
    }
  }
  const held = await Promise.all([runsIn(shard, 'holds', 'waiting'), runsIn(shard, 'awaiting', 'waiting')]);
  for (const run of held.flat()) {
    const depth = depths.get(run.queue);
    if (depth) depth.waiting += 1;
  }
}

/** Runs named in a hash that are in this state. */
async function runsIn(shard: Shard, hash: string, state: 'retrying' | 'waiting'): Promise<Run[]> {
  const found: Run[] = [];
  let cursor = '0';
  let seen = 0;
  do {
    const [following, flat] = await shard.connection.hscan(shard.key(hash), cursor, 'COUNT', SLICE);
    const ids = flat.filter((_, i) => i % 2 === 0);
    const runs = (await readRuns(shard, ids)).flatMap((run) => run ?? []);
    const states = await readStates(shard, runs);
    found.push(...runs.filter((_, i) => states[i] === state));
    seen += ids.length;
    cursor = following;
  } while (cursor !== '0' && seen < MOST_RUNS);
  return found;
}

async function readRuns(shard: Shard, ids: readonly string[]): Promise<(Run | undefined)[]> {
  if (ids.length === 0) return [];
  const packed = await shard.connection.hmget(shard.key('runs'), ...ids);
  return packed.map((text, i) => (text === null ? undefined : unpackRun(ids[i] as string, text)));
}
