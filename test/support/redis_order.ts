import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { TestRedis } from './redis.ts';

/** What Redis did to the schedules of one shard and to their runs, in its own order. */
export type RedisOrder = {
  /** Runs of schedules that were created while their schedule was paused, or not there. */
  wrongRuns(): string[];
  /** Runs of schedules that were created. */
  runs(): number;
  /** Scripts and commands that changed a stored schedule, fires included. */
  changes(): number;
  end(): void;
};

/**
 * Follows a server with MONITOR, which shows every command in the order of its execution, those of scripts too. A run of
 * a schedule may be created only while the value that is stored then says that it is active.
 */
export async function followOrder(redis: TestRedis, prefix: string): Promise<RedisOrder> {
  const connection = new Redis({ path: redis.path });
  const monitor = await connection.monitor();
  onTestFinished(() => end());
  const states = new Map<string, 'active' | 'paused'>();
  const wrong: string[] = [];
  let runs = 0;
  let changes = 0;
  const end = (): void => {
    monitor.disconnect();
    connection.disconnect();
  };
  const noteSchedules = (pairs: string[]): void => {
    for (let i = 0; i < pairs.length; i += 2) {
      const [revision = ''] = (pairs[i + 1] ?? '').split(' ', 1);
      states.set(pairs[i] as string, revision.endsWith('p') ? 'paused' : 'active');
      changes += 1;
    }
  };
  const noteRuns = (pairs: string[]): void => {
    for (let i = 0; i < pairs.length; i += 2) {
      const [, schedule] = /^(.+)@\d+$/.exec(pairs[i] as string) ?? [];
      if (schedule === undefined) continue; // by hand
      runs += 1;
      if (states.get(schedule) !== 'active') wrong.push(`${pairs[i] ?? ''} while ${states.get(schedule) ?? 'gone'}`);
    }
  };
  monitor.on('monitor', (_time: string, [command = '', key = '', ...rest]: string[]) => {
    const name = command.toUpperCase();
    if (key === `${prefix}schedules` && name === 'HSET') noteSchedules(rest);
    if (key === `${prefix}schedules` && name === 'HDEL') for (const id of rest) states.delete(id);
    if (key === `${prefix}runs` && name === 'HSET') noteRuns(rest);
  });
  return { wrongRuns: () => wrong, runs: () => runs, changes: () => changes, end };
}
