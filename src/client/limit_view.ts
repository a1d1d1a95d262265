import { OPEN_LIMIT, unpackKeys, unpackLimit, type KeyLimit } from '../core/limit.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { KeyState, QueueLane } from '../store/limits.ts';
import type { ShardStore } from '../store/store.ts';
import type { FoundKey } from './limit_keys.ts';

/** How the limit of a key stands at this moment. */
export type LimitView = {
  key: string;
  /** Who says how much: an operator, job files, or nobody. */
  by: KeyState['by'];
  /** The template of the job files that makes the key, where one does. */
  template: string | undefined;
  /** Jobs whose runs can have the key; empty for a queue. */
  jobs: string[];
  limit: KeyLimit;
  /** Runs that hold a slot; undefined where the key has no `concurrency`. */
  running: number | undefined;
  /** When its rate lets the next run start; undefined for at once. */
  nextStart: EpochMs | undefined;
  /** Undefined where it is not held. */
  heldUntil: EpochMs | undefined;
  /** With a strict order: the run whose turn it is. */
  turn: string | undefined;
  /** What waits for a slot, a turn or the rate of this key (or of another one that it has too). */
  waiting: { lanes: number; runs: number };
};

/** Lanes of a key and parked lanes of a shard that are counted. */
const LANES_SEEN = 10_000;

/** Views of keys, in their order. */
export async function viewLimits(found: readonly FoundKey[]): Promise<LimitView[]> {
  const parts = new Map<string, { state: KeyState; waiting: LimitView['waiting'] }[]>();
  for (const shard of new Set(found.flatMap(({ shards }) => shards))) {
    const here = found.filter(({ shards }) => shards.includes(shard));
    const [states, parked] = await Promise.all([shard.limits.states(here), shard.limits.parkedLanes(LANES_SEEN)]);
    const lanesOf = byKey(parked);
    for (const [i, { key }] of here.entries()) {
      const state = states[i] as KeyState;
      const waiting = await countWaiting(shard, { key, parked: lanesOf.get(key) ?? [], blocked: state.blockedLanes });
      parts.set(key, [...(parts.get(key) ?? []), { state, waiting }]);
    }
  }
  return found.map((one) => merge(one, parts.get(one.key) ?? []));
}

function byKey(lanes: readonly QueueLane[]): Map<string, QueueLane[]> {
  const lanesOf = new Map<string, QueueLane[]>();
  for (const place of lanes) {
    const bar = place.lane.indexOf('|');
    const job = `job:${place.lane.slice(2, bar < 0 ? undefined : bar)}`;
    const keys = unpackKeys(bar < 0 ? '' : place.lane.slice(bar)).map(({ key }) => key);
    for (const key of [job, ...keys]) lanesOf.set(key, [...(lanesOf.get(key) ?? []), place]);
  }
  return lanesOf;
}

async function countWaiting(
  { limits }: ShardStore,
  { key, parked, blocked }: { key: string; parked: QueueLane[]; blocked: number },
): Promise<LimitView['waiting']> {
  const lanes = blocked === 0 ? [] : await limits.blockedLanes(key, LANES_SEEN);
  const waiting = new Map([...lanes, ...parked].map((place) => [`${place.queue} ${place.lane}`, place]));
  return { lanes: waiting.size, runs: await limits.runsIn([...waiting.values()]) };
}

function merge(
  { key, template, jobs }: FoundKey,
  parts: readonly { state: KeyState; waiting: LimitView['waiting'] }[],
): LimitView {
  const states = parts.map(({ state }) => state);
  const set = states.find(({ by }) => by === 'operator') ?? states.find(({ by }) => by === 'job-file');
  const counts = states.flatMap(({ running }) => running ?? []);
  return {
    key,
    by: set?.by ?? 'nobody',
    template,
    jobs,
    limit: unpackLimit(set?.limit ?? OPEN_LIMIT),
    running: counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0),
    nextStart: latest(states.map(({ nextStart }) => nextStart)),
    heldUntil: latest(states.map(({ heldUntil }) => heldUntil)),
    turn: states.find(({ turn }) => turn !== undefined)?.turn,
    waiting: {
      lanes: parts.reduce((sum, { waiting }) => sum + waiting.lanes, 0),
      runs: parts.reduce((sum, { waiting }) => sum + waiting.runs, 0),
    },
  };
}

function latest(times: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
