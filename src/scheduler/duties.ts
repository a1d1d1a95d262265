import { BelfryError, messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { createLoop, type Loop } from '../runtime/loop.ts';
import { startAll, stopAll } from '../runtime/service.ts';
import type { ShardStore } from '../store/store.ts';
import type { Retention } from '../store/runs.ts';
import { createBackfiller } from './backfiller.ts';
import { createBulkRunner } from './bulk/runner.ts';
import { createCatalogue } from './catalogue.ts';
import { createCourier } from './courier.ts';
import type { CommitMemory } from './commit_memory.ts';
import type { Elector, Term } from './elector.ts';
import { createLimitPruner } from './limit_pruner.ts';
import { pruneShard, type KeepRules } from './pruner.ts';
import { expireRuns } from './expirer.ts';
import { reapExpired } from './reaper.ts';
import { createSweeper } from './sweeper.ts';
import { createTicker } from './ticker.ts';

export type DutyOptions = {
  retention: Retention;
  ledgerCount: number;
  keep: KeepRules;
  /** Missed fire times that the leader of a shard releases per second at the most. Default 50. */
  catchUpPerSecond?: number | undefined;
};
export type DutyDeps = {
  store: ShardStore;
  /** All shards, for messages to them. */
  shards: readonly Pick<ShardStore, 'outbox'>[];
  elector: () => Elector;
  memory: CommitMemory;
  clock: Clock;
  events: EventBus;
};

/** What a leader does while it leads a shard: tick, backfill, deliver, reap, prune, sweep, bulk operations. Each is a step; the loop is borrowed. */
export type Duties = {
  start(): Promise<void>;
  stop(): Promise<void>;
  wake(): void;
};

/** How long redelivered commits can be recognised: longer than a failover takes. */
const MEMORY_TURN_MS: DurationMs = 15_000;

const DEFAULT_CATCH_UP_PER_SECOND = 50;

export function createDuties(
  { store, shards, elector, memory, clock, events }: DutyDeps,
  options: DutyOptions,
): Duties {
  const { ledgerCount, retention, catchUpPerSecond: perSecond = DEFAULT_CATCH_UP_PER_SECOND } = options;
  const catalogue = createCatalogue(store);
  const shard = store.shard.index;
  const shared = { ...store, catalogue, events, clock, ledgerCount, retention };
  const ticker = createTicker({
    ...shared,
    memory,
    onCatchUp: () => backfilling?.wake(),
    onPost: () => delivering?.wake(),
  });
  const backfiller = createBackfiller({ ...shared, perSecond });
  let ticking: Loop | undefined;
  const courier = createCourier({ ...shared, inboxOf: (index) => shards[index]?.outbox });
  let backfilling: Loop | undefined;
  let delivering: Loop | undefined;
  let loops: Loop[] = [];

  const whileLeading =
    (step: (term: Term, signal: AbortSignal) => Promise<DurationMs>) => async (signal: AbortSignal) => {
      const term = elector().term();
      return term === undefined ? 1_000 : step(term, signal);
    };
  const onError = (error: unknown): void => {
    if (error instanceof BelfryError && ['NOT_LEADER', 'REDIS_READ_ONLY', 'REDIS_UNAVAILABLE'].includes(error.code)) {
      elector().stepDown(error.message);
    }
    events.emit('tick.failed', { shard, error: messageOf(error) });
  };
  const duty = (name: string, step: Parameters<typeof whileLeading>[0]): Loop =>
    createLoop({ name: `${name} of shard ${shard}`, step: whileLeading(step), onError });

  const turnMemory = (): Promise<DurationMs> => {
    memory.turn();
    return Promise.resolve(MEMORY_TURN_MS);
  };

  return {
    async start() {
      const sweeper = createSweeper(shared);
      const limitPruner = createLimitPruner(shared);
      const bulkRunner = createBulkRunner(shared);
      ticking = duty('ticker', (term) => ticker.tick(term));
      backfilling = duty('backfiller', (term) => backfiller.release(term));
      delivering = duty('courier', (term) => courier.deliver(term));
      loops = [
        ticking,
        backfilling,
        delivering,
        duty('expirer', (term) => expireRuns(shared, term)),
        duty('reaper', (term) => reapExpired(shared, term)),
        duty('pruner', (term, signal) => pruneShard({ ...shared, keep: options.keep }, term, signal)),
        duty('limit pruner', (term, signal) => limitPruner.prune(term, signal)),
        duty('sweeper', (term) => sweeper.sweep(term)),
        duty('bulk runner', (term) => bulkRunner.carryOn(term)),
        duty('memory', turnMemory),
      ];
      await startAll(loops);
    },
    async stop() {
      await stopAll(loops);
      loops = [];
    },
    wake: () => ticking?.wake(),
  };
}
