import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

export type QueueOverview = { queue: string; ready: number; delayed: number; oldestReady: EpochMs | undefined };

export type ShardOverview = {
  now: EpochMs;
  schedules: number;
  quarantined: number;
  deadLetters: number;
  running: number;
  queues: QueueOverview[];
};

/** What a shard holds, in one call whose cost does not grow with schedules or runs. */
export async function readOverview(shard: Shard): Promise<ShardOverview> {
  const reply = (await shard.run('overview')) as (string | number)[];
  const [now, schedules, quarantined, deadLetters, running] = reply.slice(0, 5).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const queues: QueueOverview[] = [];
  for (let i = 5; i < reply.length; i += 4) {
    const oldest = reply[i + 3];
    queues.push({
      queue: String(reply[i]),
      ready: Number(reply[i + 1]),
      delayed: Number(reply[i + 2]),
      oldestReady: oldest === '' ? undefined : Number(oldest),
    });
  }
  return { now, schedules, quarantined, deadLetters, running, queues };
}
