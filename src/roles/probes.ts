import type { Probe } from '../api/readiness.ts';
import type { EventBus } from '../core/events.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Connection } from '../store/connect.ts';
import type { WorkerService } from '../worker/worker.ts';

const PING_MS: DurationMs = 1_000;
/** A leader passes once a second at least; a pass over a very large backlog may take seconds. */
const TICK_MS: DurationMs = 10_000;

/** Whether Redis answers now. */
export function redisProbe(connection: Connection): Probe {
  return {
    name: 'redis',
    async check() {
      if (connection.status !== 'ready') return `not connected (${connection.status})`;
      const silence = new Promise<string>((resolve) => setTimeout(resolve, PING_MS, 'silence').unref());
      const answer = await Promise.race([connection.ping(), silence]);
      return answer === 'PONG' ? undefined : `no answer to PING within ${PING_MS} ms`;
    },
  };
}

/** Whether each shard that this process leads is passed over. A follower has nothing to do but to reach Redis. */
export function schedulerProbe(
  scheduler: Pick<Scheduler, 'leads' | 'abstention'>,
  events: EventBus,
  clock: Clock,
): Probe {
  const passedAt = new Map<number, number>();
  const begin = ({ shard }: { shard: number }): void => void passedAt.set(shard, clock.monotonic());
  events.on('leader.elected', begin);
  events.on('tick.done', begin);
  return {
    name: 'scheduler',
    check() {
      const late = scheduler.leads().find(({ shard }) => ageOf(passedAt.get(shard), clock) > TICK_MS);
      return late && `no pass over shard ${late.shard} for ${seconds(ageOf(passedAt.get(late.shard), clock))}`;
    },
    detail() {
      const abstention = scheduler.abstention();
      return abstention && `does not lead: a live replica has tzdata ${abstention.newest}, this one ${abstention.own}`;
    },
  };
}

/** Whether Redis has answered the heartbeats of this process's workers within the lease of a run. */
export function workersProbe(
  workers: readonly Pick<WorkerService, 'lastProgress'>[],
  clock: Clock,
  leaseMs: DurationMs,
): Probe {
  return {
    name: 'workers',
    check() {
      const oldest = Math.max(...workers.map((worker) => ageOf(worker.lastProgress(), clock)));
      return oldest > leaseMs ? `no heartbeat was answered for ${seconds(oldest)}` : undefined;
    },
  };
}

const ageOf = (at: number | undefined, clock: Clock): DurationMs => clock.monotonic() - (at ?? -Infinity);
const seconds = (ms: DurationMs): string => (ms === Infinity ? 'ever' : `${Math.round(ms / 1_000)} s`);
