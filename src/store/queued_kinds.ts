import type { KindCounts } from '../core/rollout/orphans.ts';
import { unpackRun, type Run } from '../core/run.ts';
import { jobOf } from '../core/schedule_id.ts';
import { laneKey, readLanes, type Lane } from './lanes.ts';
import type { Shard } from './shard.ts';

/** `part`: there are more runs than were looked at, so that a kind may be missing and numbers are of those seen. */
export type QueuedKinds = { kinds: KindCounts[]; seen: 'all' | 'part' };

/** Lanes of one index that are looked at, and runs of one state (of a queue, where they are kept by queue). */
const MOST_LANES = 5_000;
const MOST_RUNS = 2_000;
const SLICE = 500;

type Count = (run: Pick<Run, 'queue' | 'job'>, state: keyof Omit<KindCounts, 'queue' | 'job'>, by?: number) => void;

/** The jobs that have unfinished runs on a shard, by many small reads: the cost does not grow beyond the limits above. */
export async function readQueuedKinds(shard: Shard): Promise<QueuedKinds> {
  const kinds = new Map<string, KindCounts>();
  const count: Count = ({ queue, job }, state, by = 1) => {
    const key = `${queue} ${job}`;
    const kind = kinds.get(key) ?? { queue, job, ready: 0, waiting: 0, retrying: 0, running: 0 };
    kind[state] += by;
    kinds.set(key, kind);
  };
  const queues = await shard.connection.smembers(shard.key('queues'));
  const looks = [
    await countLanes(shard, queues, count),
    await countDelayed(shard, queues, count),
    await countIn(shard, 'running', count),
    await countIn(shard, 'holds', count),
    await countIn(shard, 'awaiting', count),
  ];
  return { kinds: [...kinds.values()], seen: looks.includes('part') ? 'part' : 'all' };
}

/** `priority:job|keys` */
const jobOfLane = (lane: string): string => lane.slice(lane.indexOf(':') + 1).split('|', 1)[0] ?? '';

async function countLanes(shard: Shard, queues: readonly string[], count: Count): Promise<QueuedKinds['seen']> {
  const found = await readLanes(shard, queues, MOST_LANES);
  const lanes = new Map<string, Lane>();
  // A lane can stand in two indexes for a moment.
  for (const lane of [...found.ready, ...found.parked, ...found.blocked]) lanes.set(`${lane.queue} ${lane.lane}`, lane);
  const all = [...lanes.values()];
  for (let from = 0; from < all.length; from += SLICE) {
    const part = all.slice(from, from + SLICE);
    const lengths = await Promise.all(part.map((lane) => shard.connection.llen(laneKey(shard, lane))));
    part.forEach(({ queue, lane }, i) => {
      const length = lengths[i] ?? 0;
      if (length > 0) count({ queue, job: jobOfLane(lane) }, 'ready', length);
    });
  }
  return Object.values(found).some((index) => index.length >= MOST_LANES) ? 'part' : 'all';
}

/** Those that are due first and those that are due last: a job that waits for long is the one that is forgotten. */
async function countDelayed(shard: Shard, queues: readonly string[], count: Count): Promise<QueuedKinds['seen']> {
  let seen: QueuedKinds['seen'] = 'all';
  for (const queue of queues) {
    const key = shard.key(`delayed:${queue}`);
    const first = await shard.connection.zrange(key, '0', String(MOST_RUNS / 2 - 1));
    const last = first.length < MOST_RUNS / 2 ? [] : await shard.connection.zrange(key, String(-MOST_RUNS / 2), '-1');
    const ids = [...new Set([...first, ...last])];
    if (ids.length >= MOST_RUNS) seen = 'part';
    for (const run of await readRuns(shard, ids)) count(run, run.failures > 0 ? 'retrying' : 'waiting');
  }
  return seen;
}

/** Runs that a hash names by id. */
async function countIn(
  shard: Shard,
  hash: 'running' | 'holds' | 'awaiting',
  count: Count,
): Promise<QueuedKinds['seen']> {
  let cursor = '0';
  let looked = 0;
  do {
    const [following, flat] = await shard.connection.hscan(shard.key(hash), cursor, 'COUNT', SLICE);
    const ids = flat.filter((_, i) => i % 2 === 0);
    for (const run of await readRuns(shard, ids)) count(run, hash === 'running' ? 'running' : 'waiting');
    looked += ids.length;
    cursor = following;
  } while (cursor !== '0' && looked < MOST_RUNS);
  return cursor === '0' ? 'all' : 'part';
}

async function readRuns(shard: Shard, ids: readonly string[]): Promise<Run[]> {
  const runs: Run[] = [];
  for (let from = 0; from < ids.length; from += SLICE) {
    const part = ids.slice(from, from + SLICE);
    const packed = await shard.connection.hmget(shard.key('runs'), ...part);
    packed.forEach((text, i) => {
      if (text !== null) runs.push(unpackRun(part[i] as string, text));
    });
  }
  return runs;
}

/** Schedules of a job that fire again: its own one, and those that the API keeps. */
export type ScheduledJob = { own: number; others: number };

/** The schedules of each job among those that are due first, at most 5,000 of a shard. */
export async function readScheduledJobs(
  shard: Shard,
): Promise<{ jobs: Map<string, ScheduledJob>; seen: QueuedKinds['seen'] }> {
  const ids = await shard.connection.zrange(shard.key('due'), '0', String(MOST_LANES - 1));
  const jobs = new Map<string, ScheduledJob>();
  for (const id of ids) {
    const job = jobOf(id);
    const found = jobs.get(job) ?? { own: 0, others: 0 };
    found[job === id ? 'own' : 'others'] += 1;
    jobs.set(job, found);
  }
  return { jobs, seen: ids.length < MOST_LANES ? 'all' : 'part' };
}
