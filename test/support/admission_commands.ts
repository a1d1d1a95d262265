import type * as fc from 'fast-check';
import { expect } from 'vitest';
import { afterCrash } from '../../src/core/attempt_end.ts';
import type { Attempt, Settlement } from '../../src/core/run.ts';
import type { Claim } from '../../src/store/runs.ts';
import { breachesOf } from './admission_journal.ts';
import {
  addRun,
  comeAgain,
  finishRun,
  hindranceOf,
  holdersOf,
  holdKey,
  promoteQueue,
  runOf,
  startable,
  startRun,
  type Admission,
  type Hindrance,
  type ModelRun,
} from './admission_model.ts';
import { placeOf, QUEUES, type Order, type World } from './admission_world.ts';
import { placesOf } from './queue_model.ts';
import { dead, KEEP_ALL, LEASE_MS, retrying, succeeded } from './test_shard.ts';

/** What may happen; after each, Redis holds exactly what the model says, and the journal breaks no limit. */
export type Command = fc.AsyncCommand<World, World>;

const command = (name: string, act: (world: World) => Promise<void>): Command => ({
  check: () => true,
  run: async (world) => {
    await act(world);
    await assertSound(world);
  },
  toString: () => name,
});

export async function assertSound({ shard, model }: World): Promise<void> {
  const live = [...model.runs].flatMap(([id, run]) => (run.state.at === 'finished' ? [] : [[id, run] as const]));
  const inState = live.map(([id, { state }]) => [id, [state.at]]);
  expect(Object.fromEntries(await placesOf(shard))).toEqual(Object.fromEntries(inState));
  const running = await shard.connection.hgetall(shard.shard.key('running'));
  const tokens = Object.entries(running).map(([id, held]) => [id, held.split(' ')[0]]);
  const held = live.flatMap(([id, { state }]) => (state.at === 'running' ? [[id, state.token]] : []));
  expect(Object.fromEntries(tokens)).toEqual(Object.fromEntries(held));
  expect(await shard.connection.hgetall(shard.shard.key('active'))).toEqual(slotsTaken(model));
  expect(await shard.connection.hgetall(shard.shard.key('turns'))).toEqual(Object.fromEntries(model.turns));
  expect(breachesOf(model.journal, model.limits)).toEqual([]);
}

function slotsTaken(model: Admission): Record<string, string> {
  const taken = [...model.limits].flatMap(([key, { slots }]) => {
    const count = slots === undefined ? 0 : holdersOf(model, key).length;
    return count === 0 ? [] : [[key, String(count)] as const];
  });
  return Object.fromEntries(taken);
}

export const enqueue = (order: Order): Command =>
  command(`enqueue ${JSON.stringify(order)}`, async (world) => {
    const { job, count, delayMs, priority, queue, partner, account } = order;
    const ids = Array.from({ length: count }, () => `r${String((world.made += 1))}`);
    await world.shard.add(ids, { partner, account }, { job, delayMs, priority, queue });
    for (const id of ids) addRun(world.model, id, { ...placeOf(order), delayMs });
  });

/** An id of the caller's that was used before, whatever became of its run. */
export const enqueueAgain = (pick: number, order: Order): Command =>
  command(`enqueue an id again (${String(pick)})`, async ({ shard, model }) => {
    const id = [...model.runs.keys()][pick % Math.max(1, model.runs.size)];
    if (id === undefined) return;
    const { job, queue, partner, account } = order;
    expect(await shard.add([id], { partner, account }, { job, queue })).toEqual([id]);
  });

type Wish = { worker: string; want: number; queues: readonly string[] };

/** A claim promotes queue by queue, until it has what it wanted. */
function receive({ model, seen }: World, { attempts }: Claim, { want, queues }: Wish): number {
  let left = want;
  for (const queue of queues) {
    if (left === 0) break;
    promoteQueue(model, queue);
    left -= attempts.filter(({ run }) => run.queue === queue).length;
  }
  expect(attempts.length).toBeLessThanOrEqual(want);
  for (const attempt of attempts) {
    const { run, token } = attempt;
    expect(seen.some((other) => other.token === token)).toBe(false);
    startRun(model, run.id, { token, expiry: model.now + LEASE_MS });
    seen.push(attempt);
  }
  return attempts.length;
}

async function take(world: World, wish: Wish): Promise<number> {
  return receive(world, await world.shard.claim({ ...wish, queues: [...wish.queues] }), wish);
}

export const claim = (wish: Wish): Command =>
  command(`claim ${JSON.stringify(wish)}`, async (world) => void (await take(world, wish)));

/**
 * A worker with room for all asks until it gets nothing: then nothing is left that may start. It is asked again after an
 * empty answer, as a bell would have it, for a lane of one queue may be let on by what became of another's.
 */
export const claimAll = (met: Set<Hindrance>): Command =>
  command('claim all', async (world) => {
    await takeAll(world);
    for (const [id, { state }] of world.model.runs) {
      const hindrance = state.at === 'ready' ? hindranceOf(world.model, id) : undefined;
      if (hindrance !== undefined) met.add(hindrance);
    }
  });

export async function takeAll(world: World): Promise<void> {
  await askUntilEmpty(world);
  // A slot may have been handed to a lane of a queue that is paused by now or has no room: the leader tries the next.
  if (startable(world.model).length > 0) {
    await promoteAll(world);
    await askUntilEmpty(world);
  }
  expect(startable(world.model)).toEqual([]);
}

async function askUntilEmpty(world: World): Promise<void> {
  for (let empty = 0; empty < 3;) {
    const took = await take(world, { worker: 'w0', want: 60, queues: QUEUES });
    empty = took === 0 ? empty + 1 : 0;
    if (startable(world.model).length === 0) break;
  }
}

const HOLD_MS = 1_500;

/** Each outcome with what it makes of a run. */
const ENDS = {
  succeeds: () => succeeded(),
  'is dead': () => dead(),
  'is to be tried again at once': () => retrying(0),
  'is to be tried again later': () => retrying(700),
  'is handed back': () => ({ outcome: 'released' }),
  'is refused by its partner': ({ run: { keys } }) => {
    const [, template, key] = /^\|([^~|]*)~([^|]+)/.exec(keys) ?? [];
    if (template === undefined || key === undefined) return { outcome: 'released' };
    return { outcome: 'released', hold: { key, field: `*${template}`, ms: HOLD_MS } };
  },
} satisfies Record<string, (attempt: Attempt) => Settlement>;
export type EndWord = keyof typeof ENDS;
export const END_WORDS = Object.keys(ENDS) as EndWord[];

/** Settles one of the latest attempts, which may be over or another's by now, and claims with the same call or not. */
export const settle = (pick: number, word: EndWord, wish: Wish | undefined): Command =>
  command(`settle attempt ${String(pick)}: it ${word}, claim ${JSON.stringify(wish)}`, async (world) => {
    const { shard, model, seen } = world;
    const attempt = seen.at(-1 - (pick % Math.max(1, seen.length)));
    if (attempt === undefined) return;
    const { id } = attempt.run;
    const settlement: Settlement = ENDS[word](attempt);
    const request = wish && shard.request({ ...wish, queues: [...wish.queues] });
    const answer = await shard.runs.settle([{ id, token: attempt.token, settlement }], KEEP_ALL, request);
    const held = heldBy(model, attempt);
    expect(answer.settled).toEqual([held !== undefined]);
    if (held) noteEnd(model, id, settlement);
    if (answer.claim && wish) receive(world, answer.claim, wish);
  });

function heldBy(model: Admission, { run: { id }, token }: Attempt): ModelRun | undefined {
  const run = runOf(model, id);
  return run.state.at === 'running' && run.state.token === token ? run : undefined;
}

function noteEnd(model: Admission, id: string, settlement: Settlement): void {
  const run = runOf(model, id);
  const { outcome } = settlement;
  if (outcome === 'succeeded' || outcome === 'dead') return finishRun(model, id, outcome);
  if (run.cancelled) return finishRun(model, id, 'cancelled');
  if (outcome === 'retrying') run.crashes = settlement.crashes;
  if (outcome === 'released' && settlement.hold) holdKey(model, settlement.hold.key, settlement.hold.ms);
  return comeAgain(model, id, outcome === 'retrying' ? settlement.delayMs : 0);
}

/** Takes runs whose workers are gone from them: those were killed while they ran, as nobody renewed their leases. */
export const reap = (): Command => command('reap', reapAll);

export async function reapAll({ shard, model }: World): Promise<void> {
  const { epoch } = await shard.leadership.take('leader', '{}');
  const { attempts } = await shard.runs.expired(1_000);
  const expired = [...model.runs].flatMap(([id, { state }]) =>
    state.at === 'running' && state.expiry <= model.now ? [id] : [],
  );
  expect(attempts.map(({ run }) => run.id).sort()).toEqual(expired.sort());
  const entries = attempts.map(({ run, token, worker }) => ({
    id: run.id,
    token,
    settlement: afterCrash(run, worker),
  }));
  expect(await shard.runs.reap(epoch, entries, KEEP_ALL)).toEqual(entries.map(() => true));
  for (const { id, settlement } of entries) noteEnd(model, id, settlement);
}

export const renew = (pick: number): Command =>
  command(`renew attempt ${String(pick)}`, async ({ shard, model, seen }) => {
    const attempt = seen.at(-1 - (pick % Math.max(1, seen.length)));
    if (attempt === undefined) return;
    const held = heldBy(model, attempt);
    expect(await shard.renew([attempt])).toBe(held ? (held.cancelled ? 'c' : '1') : '0');
    if (held?.state.at === 'running') held.state.expiry = model.now + LEASE_MS;
  });

export const cancel = (pick: number): Command =>
  command(`cancel run ${String(pick)}`, async ({ shard, model }) => {
    const [id, run] = [...model.runs][pick % Math.max(1, model.runs.size)] ?? ['none', undefined];
    const { answer } = await shard.runs.cancel(id, '', KEEP_ALL);
    if (run === undefined || run.state.at === 'finished') expect(answer).toBe('gone');
    else if (run.state.at === 'running') {
      expect(answer).toBe('running');
      run.cancelled = true;
    } else {
      expect(answer).toBe('cancelled');
      finishRun(model, id, 'cancelled');
    }
  });

export const pauseQueue = (queue: string): Command =>
  command(`pause ${queue}`, async ({ shard, model }) => {
    expect(await shard.pauses.pause(queue, { at: model.now, by: 'a test', note: '' })).toBe(
      model.paused.has(queue) ? 'changed' : 'paused',
    );
    model.paused.add(queue);
  });

export const resumeQueue = (queue: string): Command =>
  command(`resume ${queue}`, async ({ shard, model }) => {
    expect(await shard.pauses.resume(queue)).toBe(model.paused.delete(queue) ? 'resumed' : 'unchanged');
  });

export const promote = (): Command => command('promote', promoteAll);

async function promoteAll({ shard, model }: World): Promise<void> {
  await shard.runs.promote(1_000);
  for (const queue of QUEUES) promoteQueue(model, queue);
}

export const pass = (ms: number): Command =>
  command(`${String(ms)} ms pass`, ({ shard, model }) => {
    model.now += ms;
    shard.clock.now = model.now;
    return Promise.resolve();
  });
