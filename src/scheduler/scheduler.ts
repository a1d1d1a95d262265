import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { createLoop } from '../runtime/loop.ts';
import { startAll, stopAll, type Service } from '../runtime/service.ts';
import type { Connection } from '../store/connect.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { balanceShards } from './balancer.ts';
import { createLeaderBell } from './bell.ts';
import { createCommitMemory } from './commit_memory.ts';
import { createDuties, type DutyOptions } from './duties.ts';
import { createElector, type Elector, type Term } from './elector.ts';
import type { LeaseProvider } from './lease_provider.ts';

export type SchedulerDeps = {
  store: Store;
  leases: LeaseProvider;
  /** One connection per shard, for blocking reads only. */
  blocking: () => Connection;
  clock: Clock;
  events: EventBus;
};

export type SchedulerOptions = DutyOptions & {
  /** Random for each process start: a host name is not an identity. */
  id: string;
  about: { host: string; pid: number; version: string };
  leaderTtlMs: DurationMs;
  random: () => number;
  /** Called when a shard is new, or lives on another Redis process than before: reconcile what it lost. */
  onNewPrimary: (shard: number) => Promise<void>;
};

export type Scheduler = Service & {
  /** Shards that this process leads now. */
  leads(): Term[];
};

/** A replica of the scheduler: contends for each shard, and does a leader's duties on those it leads. */
export function createScheduler(deps: SchedulerDeps, options: SchedulerOptions): Scheduler {
  const electors: Elector[] = [];
  const services: Service[] = [];
  for (const store of deps.store.shards) {
    const { elector, bell } = createShardScheduler(deps, options, { store, electors });
    electors.push(elector);
    services.push(bell, elector);
  }
  if (electors.length > 1) services.push(createBalancer(deps, options, electors));
  const stopListening = deps.events.on('redis.lost', ({ reason }) => {
    for (const elector of electors) elector.stepDown(`the connection to Redis was lost: ${reason}`);
  });
  return {
    name: 'scheduler',
    start: () => startAll(services),
    async stop() {
      stopListening();
      await stopAll(services);
    },
    leads: () => electors.flatMap((elector) => elector.term() ?? []),
  };
}

function createBalancer({ store, events }: SchedulerDeps, options: SchedulerOptions, electors: Elector[]): Service {
  const { id, leaderTtlMs } = options;
  const loop = createLoop({
    name: 'balancer',
    step: () => balanceShards({ replicas: store.replicas, electors, id, periodMs: leaderTtlMs / 2 }),
    onError: (error) => events.emit('leader.contended', { shard: 0, error: messageOf(error) }),
  });
  return {
    name: loop.name,
    start: () => loop.start(),
    async stop() {
      await loop.stop();
      await store.replicas.remove(id).catch(() => undefined); // else it is counted until its word is too old
    },
  };
}

type ShardPart = { store: ShardStore; electors: Elector[] };

function createShardScheduler(deps: SchedulerDeps, options: SchedulerOptions, { store, electors }: ShardPart) {
  const { clock, events } = deps;
  const { shard, leadership } = store;
  const memory = createCommitMemory();
  const duties = createDuties({ store, elector: () => elector, memory, clock, events }, options);
  const elector: Elector = createElector(
    { shard, leadership, leases: deps.leases, clock, events },
    {
      id: options.id,
      aboutJson: JSON.stringify(options.about),
      ttlMs: options.leaderTtlMs,
      held: () => electors.filter((other) => other.term() !== undefined).length,
      async onElected(term) {
        // `first` is a shard that is new, or one that has lost everything: a restart without AOF, a FLUSHALL.
        if (term.primary !== 'same') {
          memory.arm();
          await options.onNewPrimary(shard.index);
        }
        await duties.start();
      },
      onLost: () => duties.stop(),
      random: options.random,
    },
  );
  const bell = createLeaderBell({
    shard,
    blocking: deps.blocking(),
    onRing: () => duties.wake(),
    onError: (error) => events.emit('tick.failed', { shard: shard.index, error }),
  });
  return { elector, bell };
}
