import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterCrash, MAX_CRASHES, SECOND_CRASH_DELAY_MS } from '../../src/core/attempt_end.ts';
import type { Settlement } from '../../src/core/run.ts';
import { claimable, heldBy, newModel, placesOf, type QueueModel, type QueueReal } from '../support/queue_model.ts';
import { startRedis } from '../support/redis.ts';
import { dead, KEEP_ALL, LEASE_MS, openTestShard, retrying, START, succeeded } from '../support/test_shard.ts';

const redis = await startRedis();

type Command = fc.AsyncCommand<QueueModel, QueueReal>;

/** A command that is always possible; after it, Redis must hold exactly what the model says. */
const command = (name: string, act: (model: QueueModel, real: QueueReal) => Promise<void>): Command => ({
  check: () => true,
  run: async (model, real) => {
    await act(model, real);
    await expectSound(model, real);
  },
  toString: () => name,
});

async function expectSound(model: QueueModel, { shard }: QueueReal): Promise<void> {
  const expected = [...model.runs].flatMap(([id, run]) =>
    run.state === 'finished' ? [] : [[id, [run.state]] as const],
  );
  expect(Object.fromEntries(await placesOf(shard))).toEqual(Object.fromEntries(expected));
  const running = await shard.connection.hgetall(shard.shard.key('running'));
  const holders = Object.entries(running).map(([id, held]) => [id, held.split(' ')[0]]);
  const held = [...model.runs].flatMap(([id, run]) => (run.state === 'running' ? [[id, run.token]] : []));
  expect(Object.fromEntries(holders)).toEqual(Object.fromEntries(held));
}

const enqueue = (count: number, delayMs: number, priority: number): Command =>
  command(`enqueue ${String(count)} in ${String(delayMs)} ms at ${String(priority)}`, async (model, { shard }) => {
    const ids = Array.from({ length: count }, () => `r${String((model.nextId += 1))}`);
    await shard.enqueue(priority > 5 ? 'b' : 'a', ids, { delayMs, priority, mode: 'own' });
    const fresh = { crashes: 0, cancelled: false };
    for (const id of ids) {
      const readyAt = model.now + delayMs;
      model.runs.set(id, delayMs === 0 ? { state: 'ready', ...fresh } : { state: 'delayed', readyAt, ...fresh });
    }
  });

const enqueueAgain = (pick: number): Command =>
  command(`enqueue an id again (${String(pick)})`, async (model, { shard }) => {
    const id = [...model.runs.keys()][pick % Math.max(1, model.runs.size)];
    if (id !== undefined) expect(await shard.enqueue('a', [id], { mode: 'own' })).toEqual([id]);
  });

/** Notes that everything due has been promoted, as a claim and a promotion do first. */
function promoteAll(model: QueueModel): void {
  for (const [id, run] of model.runs) {
    if (run.state === 'delayed' && run.readyAt <= model.now) model.runs.set(id, { ...run, state: 'ready' });
  }
}

const claim = (worker: string, want: number): Command =>
  command(`claim ${String(want)} for ${worker}`, async (model, real) => {
    const open = claimable(model);
    const { attempts } = await real.shard.claim({ worker, want });
    expect(attempts).toHaveLength(Math.min(want, open.length));
    promoteAll(model);
    for (const attempt of attempts) {
      const { run, token } = attempt;
      expect(open).toContain(run.id);
      expect(model.tokens.has(token)).toBe(false);
      model.tokens.add(token);
      const before = model.runs.get(run.id);
      if (before?.state !== 'ready') throw new Error(`${run.id} was claimed while it was ${String(before?.state)}`);
      model.runs.set(run.id, { ...before, state: 'running', token, expiry: model.now + LEASE_MS });
      model.seen.push(attempt);
    }
  });

const outcomes: Record<string, Settlement> = {
  succeeded: succeeded(),
  dead: dead(),
  'again at once': retrying(0),
  'again later': retrying(700),
  released: { outcome: 'released' },
};

/** Settles some attempt that was ever claimed, so mostly with a token that is stale by now. */
const settle = (pick: number, outcome: string): Command =>
  command(`settle attempt ${String(pick)} as ${outcome}`, async (model, { shard }) => {
    const attempt = model.seen[pick % Math.max(1, model.seen.length)];
    if (attempt === undefined) return;
    const held = heldBy(model, attempt);
    expect(await shard.settle(attempt, outcomes[outcome] as Settlement)).toBe(held !== undefined);
    if (!held) return;
    const { crashes, cancelled } = held;
    const { id } = attempt.run;
    if (outcome === 'succeeded' || outcome === 'dead') model.runs.set(id, { state: 'finished', outcome });
    else if (cancelled) model.runs.set(id, { state: 'finished', outcome: 'cancelled' });
    else if (outcome === 'again later')
      model.runs.set(id, { state: 'delayed', readyAt: model.now + 700, crashes: 0, cancelled });
    else model.runs.set(id, { state: 'ready', crashes: outcome === 'released' ? crashes : 0, cancelled });
  });

const renew = (pick: number): Command =>
  command(`renew attempt ${String(pick)}`, async (model, { shard }) => {
    const attempt = model.seen[pick % Math.max(1, model.seen.length)];
    if (attempt === undefined) return;
    const held = heldBy(model, attempt);
    const renewed = held?.cancelled === true ? 'c' : '1';
    expect(await shard.renew([attempt])).toBe(held ? renewed : '0');
    if (held) held.expiry = model.now + LEASE_MS;
  });

const pass = (ms: number): Command =>
  command(`${String(ms)} ms pass`, async (model, { shard }) => {
    model.now += ms;
    shard.clock.now = model.now;
    await Promise.resolve();
  });

const reap = (): Command =>
  command('reap', async (model, { shard }) => {
    const { epoch } = await shard.leadership.take('leader', '{}');
    const { attempts } = await shard.runs.expired(1_000);
    const expired = [...model.runs].filter(([, run]) => run.state === 'running' && run.expiry <= model.now);
    expect(attempts.map(({ run }) => run.id).sort()).toEqual(expired.map(([id]) => id).sort());
    const entries = attempts.map(({ run, token, worker }) => ({
      id: run.id,
      token,
      settlement: afterCrash(run, worker),
    }));
    expect(await shard.runs.reap(epoch, entries, KEEP_ALL)).toEqual(entries.map(() => true));
    for (const [id, run] of expired) {
      if (run.state !== 'running') continue;
      const crashes = run.crashes + 1;
      if (crashes >= MAX_CRASHES) model.runs.set(id, { state: 'finished', outcome: 'dead' });
      else if (run.cancelled) model.runs.set(id, { state: 'finished', outcome: 'cancelled' });
      else if (crashes === 1) model.runs.set(id, { state: 'ready', crashes, cancelled: false });
      else
        model.runs.set(id, { state: 'delayed', readyAt: model.now + SECOND_CRASH_DELAY_MS, crashes, cancelled: false });
    }
  });

const cancel = (pick: number): Command =>
  command(`cancel run ${String(pick)}`, async (model, { shard }) => {
    const [id, run] = [...model.runs][pick % Math.max(1, model.runs.size)] ?? ['none', undefined];
    const { answer } = await shard.runs.cancel(id, '', KEEP_ALL);
    if (run === undefined || run.state === 'finished') expect(answer).toBe('gone');
    else if (run.state === 'running') {
      expect(answer).toBe('running');
      run.cancelled = true;
    } else {
      expect(answer).toBe('cancelled');
      model.runs.set(id, { state: 'finished', outcome: 'cancelled' });
    }
  });

const promote = (): Command =>
  command('promote', async (model, { shard }) => {
    await shard.runs.promote(1_000);
    promoteAll(model);
  });

const picks = fc.nat(40);
const commands = fc.commands(
  [
    fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 0, 300, 5_000), fc.constantFrom(2, 5, 9))
      .map((of) => enqueue(...of)),
    picks.map(enqueueAgain),
    fc.tuple(fc.constantFrom('w1', 'w2', 'w3'), fc.integer({ min: 1, max: 6 })).map((of) => claim(...of)),
    fc.tuple(picks, fc.constantFrom(...Object.keys(outcomes))).map((of) => settle(...of)),
    picks.map(renew),
    fc.constantFrom(1, 300, 700, LEASE_MS / 2, LEASE_MS).map(pass),
    fc.constant(reap()),
    picks.map(cancel),
    fc.constant(promote()),
  ],
  { maxCommands: 60, size: 'max' },
);

test('no run is lost, none is held twice, and each is in one place, whatever happens in whatever order', async () => {
  const outcomesSeen = new Set<string>();
  const property = fc.asyncProperty(commands, async (sequence) => {
    const shard = await openTestShard(redis);
    await shard.knows(['a', 'b']);
    const model = newModel(START);
    await fc.asyncModelRun(() => ({ model, real: { shard } }), sequence);
    for (const [id, run] of model.runs) {
      if (run.state !== 'finished') continue;
      outcomesSeen.add(run.outcome);
      expect(await shard.history.finished(id)).toMatchObject({ state: run.outcome });
    }
    shard.connection.disconnect();
  });
  await fc.assert(property, { numRuns: 120 });
  // The commands reach each way in which a run can end: a model that never gets there proves nothing.
  expect([...outcomesSeen].sort()).toEqual(['cancelled', 'dead', 'succeeded']);
}, 40_000);
