import type { EpochMs } from '../core/time/units.ts';
import { createBackfiller } from '../scheduler/backfiller.ts';
import { createBulkRunner } from '../scheduler/bulk/runner.ts';
import { createCatalogue } from '../scheduler/catalogue.ts';
import { createCommitMemory } from '../scheduler/commit_memory.ts';
import { createCourier } from '../scheduler/courier.ts';
import { expireRuns } from '../scheduler/expirer.ts';
import { createTicker } from '../scheduler/ticker.ts';
import type { Shard } from '../store/shard.ts';
import { KEEP_ALL, LEDGER_COUNT, type TestEngine } from './engine.ts';

/** What a leader does, done when a test says so. */
export type TestLeader = {
  /** Does all that is due at this instant: fires, promotes, makes up for, expires, carries on bulk operations. */
  pass(): Promise<void>;
  /** The next instant at which there is something to do; Infinity for never. */
  nextWork(): Promise<EpochMs>;
};

const CATCH_UP_PER_SECOND = 50;
/** What is due and could not be done at its instant, as the releases of missed fire times are bounded, is tried again after this. */
const AGAIN_MS = 50;
/** A bulk operation takes a slice of 200 runs at a time. */
const MOST_SLICES = 10_000;

export async function createTestLeader(engine: TestEngine): Promise<TestLeader> {
  const { shard: store, clock, events } = engine;
  const term = { shard: 0, ...(await store.leadership.take('testing', 'null')) };
  const catalogue = createCatalogue(store);
  const shared = { ...store, catalogue, events, clock, ledgerCount: LEDGER_COUNT, retention: KEEP_ALL };
  let post: 'waits' | 'none' = 'none';
  const ticker = createTicker({
    ...shared,
    memory: createCommitMemory(),
    onCatchUp: () => undefined, // each pass looks for backfills
    onPost: () => (post = 'waits'),
  });
  const courier = createCourier({ ...shared, inboxOf: () => store.outbox });
  const backfiller = createBackfiller({ ...shared, perSecond: CATCH_UP_PER_SECOND });
  const bulkRunner = createBulkRunner(shared);
  const isDue = async (name: string): Promise<boolean> =>
    (await store.shard.connection.zcount(store.shard.key(name), '-inf', clock.now())) > 0;
  /** Fires and promotes; what that has to tell to other runs is told. */
  const tick = async (): Promise<void> => {
    post = 'none';
    await ticker.tick(term);
    if (post === 'none') return;
    while ((await courier.deliver(term)) === 0);
  };
  return {
    async pass() {
      await tick();
      await backfiller.release(term);
      await expireRuns(shared, term);
      for (let slices = 0; slices < MOST_SLICES; slices += 1) {
        await bulkRunner.carryOn(term);
        if (!(await isDue('bulk_due'))) break;
      }
      await tick(); // what the others have made ready
    },
    nextWork: () => readNextWork(store.shard, clock.now()),
  };
}

async function readNextWork(shard: Shard, now: EpochMs): Promise<EpochMs> {
  const queues = await shard.connection.smembers(shard.key('queues'));
  const names = ['due', 'backfill_due', 'bulk_due', 'pause_ends', 'deadlines'];
  for (const queue of queues) names.push(`delayed:${queue}`, `parked:${queue}`);
  const due = await Promise.all(
    names.map(async (name) => {
      const [, first] = await shard.connection.zrange(shard.key(name), '0', '0', 'WITHSCORES');
      return first === undefined ? Infinity : Number(first);
    }),
  );
  return Math.min(...due.map((at) => (at <= now ? now + AGAIN_MS : at)));
}
