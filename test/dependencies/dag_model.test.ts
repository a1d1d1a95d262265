import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { After } from '../../src/core/after.ts';
import { createEventBus } from '../../src/core/events.ts';
import { createCourier } from '../../src/scheduler/courier.ts';
import type { Post } from '../../src/store/outbox.ts';
import type { ShardStore } from '../../src/store/store.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';
import { KEEP_ALL } from '../support/test_shard.ts';

const redis = await startRedis();
const SHARDS = 3;

/** What becomes of one round of one leader. */
type Fate = 'works' | 'dies before it delivers' | 'dies before it removes' | 'is deposed';
type Step = { pick: number; outcome: 'succeeds' | 'fails'; fates: Fate[]; late: number };
type Case = { parents: { of: number[]; need: After['need']; on: After['on'] }[]; steps: Step[] };

const fates = fc.constantFrom<Fate>('works', 'dies before it delivers', 'dies before it removes', 'is deposed');
const cases: fc.Arbitrary<Case> = fc.record({
  parents: fc.array(
    fc.record({
      of: fc.array(fc.nat(), { maxLength: 3 }),
      need: fc.constantFrom<After['need']>('all', 'any'),
      on: fc.constantFrom<After['on']>('success', 'end'),
    }),
    { minLength: 2, maxLength: 7 },
  ),
  steps: fc.array(
    fc.record({
      pick: fc.nat(),
      outcome: fc.constantFrom<Step['outcome']>('succeeds', 'fails'),
      fates: fc.array(fates, { maxLength: 4 }),
      late: fc.nat(),
    }),
    { minLength: 1, maxLength: 25 },
  ),
});

const nameOf = (index: number): string => `job${String(index)}`;

/** The parents of each job are among those before it. */
function dagOf({ parents }: Case): Map<string, After | undefined> {
  return new Map(
    parents.map(({ of, need, on }, i) => {
      const jobs = i === 0 ? [] : [...new Set(of.map((parent) => nameOf(parent % i)))];
      return [nameOf(i), jobs.length === 0 ? undefined : { jobs, need, on }];
    }),
  );
}

/** How often each job should have fired, said as the guide says it. */
function createModel(dag: Map<string, After | undefined>) {
  const arrived = new Map([...dag.keys()].map((name) => [name, new Set<string>()]));
  const fired = new Map([...dag.keys()].map((name) => [name, 0]));
  return {
    fired,
    end(name: string, outcome: Step['outcome']): void {
      for (const [child, after] of dag) {
        if (after?.jobs.includes(name) !== true || (outcome === 'fails' && after.on === 'success')) continue;
        const come = arrived.get(child) as Set<string>;
        come.add(name);
        if (after.need === 'all' && come.size < after.jobs.length) continue;
        come.clear();
        fired.set(child, (fired.get(child) as number) + 1);
      }
    },
  };
}

/** One round of the leader of a shard, up to its fate. What it had read is kept: a stalled leader may deliver it again. */
async function leadOnce(engine: Engine, store: ShardStore, fate: Fate, stale: { source: number; post: Post }[]) {
  const { epoch } = await store.leadership.take(`leader of ${String(store.shard.index)}`, '{}');
  for (const post of await store.outbox.read({ messages: 100, bytes: 1e6 })) {
    stale.push({ source: store.shard.index, post });
  }
  if (fate === 'is deposed') await store.leadership.take('another', '{}');
  const courier = createCourier({
    outbox:
      fate === 'dies before it removes'
        ? { ...store.outbox, delivered: () => Promise.reject(new Error('dead')) }
        : store.outbox,
    inboxOf: (index) =>
      fate === 'dies before it delivers'
        ? { receive: () => Promise.reject(new Error('dead')) }
        : engine.store.shards[index]?.outbox,
    events: createEventBus(),
    retention: KEEP_ALL,
  });
  await courier.deliver({ shard: store.shard.index, epoch, primary: 'same' }).catch(() => undefined);
}

async function deliverAll(engine: Engine, { fates: planned, late }: Step, stale: { source: number; post: Post }[]) {
  for (const fate of planned) for (const store of engine.store.shards) await leadOnce(engine, store, fate, stale);
  for (const store of engine.store.shards) await leadOnce(engine, store, 'works', stale);
  const old = stale[late % Math.max(1, stale.length)];
  if (old) await engine.store.shards[old.post.target]?.outbox.receive(old.source, old.post.messages, KEEP_ALL);
}

async function readyRuns({ store }: Engine): Promise<{ id: string; job: string }[]> {
  const slices = await Promise.all(store.shards.map(({ history }) => history.scanLive('0', 10_000)));
  return slices.flatMap(({ runs }) => runs).sort((a, b) => (a.id < b.id ? -1 : 1));
}

test('each job of any graph fires exactly as the model says, whatever outcomes and deaths of leaders there are', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const dag = dagOf(one);
      const jobs = [...dag].map(([name, after]) => job(name, after === undefined ? {} : { after }));
      const engine = await openEngine({ target: redis.target, jobs, config: { shards: SHARDS } });
      const model = createModel(dag);
      const started = new Map<string, number>();
      const stale: { source: number; post: Post }[] = [];
      for (const step of one.steps) {
        const live = await readyRuns(engine);
        let run = live[step.pick % Math.max(1, live.length)];
        if (run === undefined) {
          const name = nameOf(step.pick % dag.size);
          run = { id: await engine.client.enqueue(name), job: name };
          started.set(name, (started.get(name) ?? 0) + 1);
        }
        const shard = engine.store.of(run.job);
        if (step.outcome === 'succeeds') await shard.marks.run(run.id, KEEP_ALL);
        else await shard.runs.cancel(run.id, '', KEEP_ALL);
        model.end(run.job, step.outcome);
        await deliverAll(engine, step, stale);
      }
      const made = new Map([...dag.keys()].map((name) => [name, 0 - (started.get(name) ?? 0)]));
      const finished = await Promise.all(
        [...dag.keys()].map((name) => engine.store.of(name).history.ofJob(name, 0, 1_000)),
      );
      const all = [...(await readyRuns(engine)), ...finished.flat().map(({ run }) => run)];
      for (const { job: name } of all) made.set(name, (made.get(name) ?? 0) + 1);
      expect(made).toEqual(model.fired);
    }),
    { numRuns: 40 },
  );
}, 60_000);
