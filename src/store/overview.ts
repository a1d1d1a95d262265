import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

export type QueueOverview = {
  queue: string;
  ready: number;
  delayed: number;
  oldestReady: EpochMs | undefined;
  state: 'open' | 'paused';
  /** Ready runs whose job no live worker has code for. */
  withoutWorker: number;
};

/** A limit by the part of its key before the colon: `job`, `queue`, `partner`. */
export type LimitOverview = {
  limit: string;
  /** Lanes that it holds back now: for their rate, a slot, or a turn. */
  lanes: number;
  /** Fire time of the oldest run in one of them. */
  oldest: EpochMs | undefined;
};

export type ShardOverview = {
  now: EpochMs;
  schedules: number;
  quarantined: number;
  deadLetters: number;
  running: number;
  /** Due time of the most overdue schedule; undefined where none is due. */
  overdue: EpochMs | undefined;
  /** Whether somebody holds the lease of the shard now. */
  lead: 'led' | 'nobody';
  queues: QueueOverview[];
  limits: LimitOverview[];
};

const FIRST_QUEUE = 8;
const QUEUE_FIELDS = 6;
const LIMIT_FIELDS = 3;

/**
 * What a shard holds, in one call whose cost does not grow with schedules or runs. `codes` names the sets of code that
 * live workers have (see publish_code): without any, each ready run is one that no worker has code for.
 */
export async function readOverview(shard: Shard, codes: readonly string[] = []): Promise<ShardOverview> {
  const reply = (await shard.run('overview', [...codes])) as (string | number)[];
  const [now, schedules, quarantined, deadLetters, running] = reply.slice(0, 5).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const firstLimit = FIRST_QUEUE + QUEUE_FIELDS * Number(reply[7]);
  const queues: QueueOverview[] = [];
  for (let i = FIRST_QUEUE; i < firstLimit; i += QUEUE_FIELDS) {
    queues.push({
      queue: String(reply[i]),
      ready: Number(reply[i + 1]),
      delayed: Number(reply[i + 2]),
      oldestReady: timeOf(reply[i + 3]),
      state: reply[i + 4] === 'paused' ? 'paused' : 'open',
      withoutWorker: Number(reply[i + 5]),
    });
  }
  const limits: LimitOverview[] = [];
  for (let i = firstLimit; i < reply.length; i += LIMIT_FIELDS) {
    limits.push({ limit: String(reply[i]), lanes: Number(reply[i + 1]), oldest: timeOf(reply[i + 2]) });
  }
  const lead = reply[6] === 'led' ? 'led' : 'nobody';
  return { now, schedules, quarantined, deadLetters, running, overdue: timeOf(reply[5]), lead, queues, limits };
}

const timeOf = (reply: string | number | undefined): EpochMs | undefined => (reply === '' ? undefined : Number(reply));
