import type { EventBus } from '../core/events.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { startAll, stopAll, type Service } from '../runtime/service.ts';
import type { Connection } from '../store/connect.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { balanceShards } from './balancer.ts';
import { callSuccessor, createLeaderBell } from './bell.ts';
import { createCommitMemory } from './commit_memory.ts';
import { createDuties, type DutyOptions } from './duties.ts';
import { createElector, type Elector, type Term } from './elector.ts';
import type { LeaseProvider } from './lease_provider.ts';
import { createRollCall, type Abstention, type RollCall } from './roll_call.ts';

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
  about: { host: string; pid: number; version: string; tzVersion: string; deployment?: string; format?: number };
  leaderTtlMs: DurationMs;
  random: () => number;
  /** Called when a shard is new, or lives on another Redis process than before: reconcile what it lost. */
  onNewPrimary: (shard: number) => Promise<void>;
};

export type Scheduler = Service & {
  /** Shards that this process leads now. */
  leads(): Term[];
  /** Why this process leaves the lead to others, where it must. */
  abstention(): Abstention | undefined;
};

/** A replica of the scheduler: contends for each shard, and does a leader's duties on those it leads. */
export function createScheduler(deps: SchedulerDeps, options: SchedulerOptions): Scheduler {
  const electors: Elector[] = [];
  const bells: Service[] = [];
  const services: Service[] = [];
  const rollCall = createRollCall(
    { replicas: deps.store.replicas, clock: deps.clock, events: deps.events },
    {
      replica: { id: options.id, ...options.about },
      isAble: () => electors.every((elector) => elector.isAble()),
      keepMs: options.leaderTtlMs,
      onLook: (eligible) => balanceShards(electors, eligible),
    },
  );
  for (const store of deps.store.shards) {
    const { elector, bell } = createShardScheduler(deps, options, { store, electors, rollCall });
    electors.push(elector);
    bells.push(bell);
    services.push(bell, elector);
  }
  const stopListening = deps.events.on('redis.lost', ({ reason }) => {
    for (const elector of electors) elector.stepDown(`the connection to Redis was lost: ${reason}`);
  });
  return {
    name: 'scheduler',
    start: () => startAll([rollCall, ...services]),
    async stop() {
      stopListening();
      // First of all, so that replicas with older tzdata take over as soon as this one has resigned.
      await rollCall.stop();
      // A bell that still listened while its elector resigns would hear the call for a successor itself.
      await stopAll(bells);
      await stopAll(electors);
    },
    leads: () => electors.flatMap((elector) => elector.term() ?? []),
    abstention: rollCall.abstention,
  };
}

type ShardPart = { store: ShardStore; electors: Elector[]; rollCall: RollCall };

function createShardScheduler(deps: SchedulerDeps, options: SchedulerOptions, part: ShardPart) {
  const { store, electors, rollCall } = part;
  const { clock, events } = deps;
  const { shard, leadership } = store;
  const memory = createCommitMemory();
  const duties = createDuties(
    { store, shards: deps.store.shards, elector: () => elector, memory, clock, events },
    options,
  );
  const elector: Elector = createElector(
    { shard, leadership, leases: deps.leases, rollCall, clock, events },
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
          await leadership.reconciled(term.epoch);
        }
        await duties.start();
      },
      onLost: () => duties.stop(),
      onResigned: () => callSuccessor(shard),
      random: options.random,
    },
  );
  const bell = createLeaderBell({
    shard,
    blocking: deps.blocking(),
    isLeading: () => elector.term() !== undefined,
    onRing: () => duties.wake(),
    onSuccession: () => elector.contend(),
    onError: (error) => events.emit('tick.failed', { shard: shard.index, error }),
  });
  return { elector, bell };
}
