import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as commands from '../support/admission_commands.ts';
import type { Hindrance } from '../support/admission_model.ts';
import { openWorld, QUEUES, remainsOf, type JobName, type Order, type World } from '../support/admission_world.ts';
import { startRedis } from '../support/redis.ts';
import { LEASE_MS } from '../support/test_shard.ts';

const redis = await startRedis();
const SEED = Number(process.env['TEST_SEED'] ?? 20_261_123);

const orders: fc.Arbitrary<Order> = fc.record({
  job: fc.constantFrom<JobName>('a', 'b', 'c', 'd'),
  count: fc.integer({ min: 1, max: 4 }),
  delayMs: fc.constantFrom(0, 0, 0, 300, 2_500),
  priority: fc.constantFrom(5, 5, 9),
  queue: fc.constantFrom(...QUEUES),
  partner: fc.constantFrom('x', 'y'),
  account: fc.constantFrom('1', '2'),
});
const wishes = fc.record({
  worker: fc.constantFrom('w1', 'w2'),
  want: fc.integer({ min: 1, max: 6 }),
  queues: fc.constantFrom<readonly string[]>(QUEUES, ['r', 'q'], ['q'], ['r']),
});
const picks = fc.nat(40);
const latest = fc.nat(7);

const steps = (met: Set<Hindrance>) =>
  fc.commands(
    [
      orders.map(commands.enqueue),
      orders.map(commands.enqueue),
      fc.tuple(picks, orders).map(([pick, order]) => commands.enqueueAgain(pick, order)),
      wishes.map(commands.claim),
      fc.constant(commands.claimAll(met)),
      fc
        .tuple(latest, fc.constantFrom(...commands.END_WORDS), fc.option(wishes, { nil: undefined }))
        .map(([pick, word, wish]) => commands.settle(pick, word, wish)),
      fc
        .tuple(latest, fc.constantFrom(...commands.END_WORDS))
        .map(([pick, word]) => commands.settle(pick, word, undefined)),
      latest.map(commands.renew),
      fc.constantFrom(1, 50, 250, 400, 1_000, LEASE_MS / 2, LEASE_MS).map(commands.pass),
      fc.constantFrom(100, 250, 333).map(commands.pass),
      fc.constant(commands.reap()),
      picks.map(commands.cancel),
      fc.constantFrom(...QUEUES).map(commands.pauseQueue),
      fc.constantFrom(...QUEUES).map(commands.resumeQueue),
      fc.constant(commands.promote()),
    ],
    { maxCommands: 70, size: 'max' },
  );

/** Nobody dies any more, nothing is paused, and time moves on: everything comes to its end. */
async function finishAll(world: World): Promise<void> {
  const { shard, model } = world;
  for (const queue of QUEUES) {
    await shard.pauses.resume(queue);
    model.paused.delete(queue);
  }
  const unfinished = () => [...model.runs.values()].filter(({ state }) => state.at !== 'finished').length;
  for (let round = 0; unfinished() > 0; round += 1) {
    if (round === 1_000) throw new Error(`${String(unfinished())} runs are never let on`);
    await commands.reapAll(world);
    for (let pick = 0; pick < world.seen.length; pick += 1) {
      const attempt = world.seen[pick];
      const { state } = (attempt && model.runs.get(attempt.run.id)) ?? { state: undefined };
      if (attempt && state?.at === 'running' && state.token === attempt.token) {
        await commands.settle(world.seen.length - 1 - pick, 'succeeds', undefined).run(world, world);
      }
    }
    await commands.takeAll(world);
    model.now += 250;
    shard.clock.now = model.now;
  }
}

async function expectHistory({ shard, model }: World, outcomes: Set<string>): Promise<void> {
  for (const [id, { state }] of model.runs) {
    const outcome = state.at === 'finished' ? state.outcome : 'none';
    outcomes.add(outcome);
    expect(await shard.history.finished(id)).toMatchObject({ state: outcome });
  }
}

test('limits hold whatever happens, and what may start is let on', async () => {
  const met = new Set<Hindrance>();
  const outcomes = new Set<string>();
  const property = fc.asyncProperty(steps(met), async (sequence) => {
    const world = await openWorld(redis);
    await fc.asyncModelRun(() => ({ model: world, real: world }), sequence);
    await finishAll(world);
    await commands.assertSound(world);
    await expectHistory(world, outcomes);
    world.shard.clock.now += 60_000;
    expect(await world.shard.claimIds({ want: 9, queues: [...QUEUES] })).toEqual([]);
    await world.shard.runs.promote(1_000);
    expect(await remainsOf(world)).toEqual([]);
    world.shard.connection.disconnect();
  });
  await fc.assert(property, { numRuns: 60, seed: SEED });
  // A model that never met a limit, or an end, has proved nothing.
  expect([...outcomes].sort()).toEqual(['cancelled', 'dead', 'succeeded']);
  expect([...met].sort()).toEqual(['hold', 'not the first of its lane', 'pause', 'rate', 'slots', 'turn']);
}, 120_000);
