import { phasesOf, type Bulk, type BulkSpec } from '../../src/core/bulk.ts';
import { createEventBus, type Events } from '../../src/core/events.ts';
import { createBulkRunner } from '../../src/scheduler/bulk/runner.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { TestRedis } from './redis.ts';
import { KEEP_ALL, openTestShard, START, type TestShard } from './test_shard.ts';

export type BulkPlay = TestShard & {
  said: Events['bulk.done'][];
  /** Begins an operation over waiting, ready and retrying runs, or those that `filter` says. */
  begin(spec: Partial<BulkSpec> & Pick<BulkSpec, 'action'>): Promise<string>;
  /** One pass of the leader. */
  pass(): Promise<number>;
  /** Passes of the leader until the operation has ended; the clock goes on by what the leader waits. */
  finish(id: string): Promise<Bulk>;
  /** Another process leads from now on. */
  succeed(): Promise<void>;
};

let count = 0;

/** A shard with a leader's bulk runner, whose clock stands still. */
export async function openBulkPlay(redis: Pick<TestRedis, 'path'>): Promise<BulkPlay> {
  const shard = await openTestShard(redis);
  await shard.knows(['a', 'b']);
  const events = createEventBus();
  const said: Events['bulk.done'][] = [];
  events.on('bulk.done', (event) => said.push(event));
  const newRunner = () => createBulkRunner({ ...shard, clock: systemClock, events, retention: KEEP_ALL });
  let epoch = (await shard.leadership.take('me', '{}')).epoch;
  let runner = newRunner();
  const pass = (): Promise<number> => runner.carryOn({ shard: 0, epoch, primary: 'same' });
  return {
    ...shard,
    said,
    pass,
    async begin({ filter, ...rest }) {
      count += 1;
      const id = `bulk${String(count)}`;
      const states = ['waiting', 'ready', 'retrying'] as const;
      const spec: BulkSpec = { filter: filter ?? { states }, paceMs: 0, by: 'ada', at: shard.clock.now, ...rest };
      const cursor = phasesOf(spec)[0] as string;
      const none = { primary: '-', seen: 0, done: 0, failed: 0, updatedAt: START };
      const { live, letters, finished } = await shard.bulks.totals();
      await shard.bulks.create({ id, state: 'running', cursor, total: live + letters + finished, ...none, spec });
      return id;
    },
    async finish(id) {
      for (let passes = 0; passes < 2_000; passes += 1) {
        const bulk = await shard.bulks.get(id);
        if (bulk === undefined || bulk.state !== 'running') return bulk as Bulk;
        const waitMs = await pass();
        if (bulk.spec.paceMs > 0) shard.clock.now += waitMs;
      }
      throw new Error(`bulk operation ${id} does not end`);
    },
    async succeed() {
      epoch = (await shard.leadership.take('successor', '{}')).epoch;
      runner = newRunner();
    },
  };
}
