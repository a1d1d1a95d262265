import type { BulkSpec } from '../../core/bulk.ts';
import { unpackRun, type Run } from '../../core/run.ts';
import { laneKey, readLanes, type Lane } from '../../store/lanes.ts';
import { fittingLive, type FittingStore } from './fitting.ts';

/** Runs of one lane that fit, in its order, and which part of the lane they were read from. */
export type LaneWindow = Lane & { first: number; length: number; ids: string[] };

/**
 * Goes over the ready runs of lanes from front to end. It lives with one leader: the next one begins anew, and finds what
 * was done gone from the lanes.
 */
export type LaneWalk = {
  /** Undefined at the end. */
  next(length: number): Promise<LaneWindow | undefined>;
  /** So many of the window were taken out, so the runs behind have moved up. */
  took(count: number): void;
};

/** More lanes than these are left to the scan of all runs, which keeps no order. */
const MOST_LANES = 200_000;
/** Shorter ones are, too, where the order does not matter. */
const WORTH_A_WALK = 50;
const SLICE = 500;

/** As bulk_live has it: further behind, what is taken out leaves its place empty, so nothing moves up. */
const NEAR = 1_000;

export async function createLaneWalk(store: FittingStore, spec: BulkSpec): Promise<LaneWalk> {
  const lanes = await lanesOf(store, spec);
  let at = 0;
  let first = 0;
  let read = 0;
  let last = 0;
  return {
    async next(length) {
      while (at < lanes.length) {
        const lane = lanes[at] as LongLane;
        // What was appended since the walk began is not its business: it would run after a busy lane for ever.
        const isThrough = read >= lane.length;
        const ids = isThrough ? [] : await readIds(store, lane, { first, length });
        if (ids.length === 0) {
          at += 1;
          first = read = 0;
          continue;
        }
        const fitting = await fittingLive(store, spec, await runsOf(store, lane, ids));
        const { queue, lane: name } = lane;
        const window = { queue, lane: name, first, length: ids.length, ids: fitting.map(({ id }) => id) };
        last = first;
        first += ids.length;
        read += ids.length;
        return window;
      }
      return undefined;
    },
    took(count) {
      if (last <= NEAR) first -= count;
    },
  };
}

function readIds({ shard }: FittingStore, lane: Lane, { first, length }: { first: number; length: number }) {
  return shard.connection.lrange(laneKey(shard, lane), first, first + length - 1);
}

type LongLane = Lane & { length: number };

async function lanesOf({ shard }: FittingStore, { action, filter }: BulkSpec): Promise<LongLane[]> {
  const { queue, job } = filter;
  const queues = queue === undefined ? await shard.connection.smembers(shard.key('queues')) : [queue];
  const { ready, parked, blocked } = await readLanes(shard, queues, MOST_LANES);
  const unique = new Map([...ready, ...parked, ...blocked].map((lane) => [`${lane.queue} ${lane.lane}`, lane]));
  const lanes = [...unique.values()].filter(({ lane }) => job === undefined || jobOfLane(lane) === job);
  const least = action === 'move' ? 2 : WORTH_A_WALK;
  const long: LongLane[] = [];
  for (let from = 0; from < lanes.length; from += SLICE) {
    const part = lanes.slice(from, from + SLICE);
    const lengths = await Promise.all(part.map((lane) => shard.connection.llen(laneKey(shard, lane))));
    part.forEach((lane, i) => {
      const length = lengths[i] ?? 0;
      if (length >= least) long.push({ ...lane, length });
    });
  }
  return long;
}

/** `<priority>:<job>[|<key>...]` */
function jobOfLane(lane: string): string {
  const bar = lane.indexOf('|');
  return lane.slice(2, bar < 0 ? undefined : bar);
}

/** An id can be left in a lane that its run is not in any more. */
async function runsOf({ shard }: FittingStore, { queue }: Lane, ids: readonly string[]): Promise<Run[]> {
  const packed = await shard.connection.hmget(shard.key('runs'), ...ids);
  return ids.flatMap((id, i) => {
    const text = packed[i];
    if (typeof text !== 'string') return [];
    const run = unpackRun(id, text);
    return run.queue === queue ? [run] : [];
  });
}
