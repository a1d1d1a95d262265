import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterCrash } from '../../src/core/attempt_end.ts';
import type { Attempt } from '../../src/core/run.ts';
import type { UniqueRule } from '../../src/core/unique.ts';
import { startRedis } from '../support/redis.ts';
import {
  dead,
  KEEP_ALL,
  LEASE_MS,
  openTestShard,
  retrying,
  START,
  succeeded,
  type TestShard,
} from '../support/test_shard.ts';
import { enqueueUnique } from '../support/unique_runs.ts';

const redis = await startRedis();

/** What is known without asking Redis: which run each key was last given to, and until when. */
type Model = {
  nextId: number;
  now: number;
  attempts: Attempt[];
  taken: Map<string, { id: string; until: number }>;
  /** Runs whose entries nothing has taken away but somebody's hand. */
  deleted: Set<string>;
};
type Real = { shard: TestShard };
type Command = fc.AsyncCommand<Model, Real>;

const KEYS = ['x', 'y'];
const RULES: readonly UniqueRule[] = [{ mode: 'unique' }, { mode: 'unique', forMs: 2_000 }];
const ENDINGS = {
  succeeded: succeeded(),
  dead: dead(),
  cancelled: { outcome: 'cancelled', bodyJson: '', logged: false },
  'again at once': retrying(0),
  'again later': retrying(700),
  released: { outcome: 'released' },
  snoozed: { outcome: 'snoozed', delayMs: 900 },
} as const;
const BOUNDS = [{}, { startWithinMs: 1_500 }, { expiryMs: 1_500 }];

const WAYS: readonly string[] = [
  ...Object.keys(ENDINGS),
  'cancel: cancelled',
  'cancel: running',
  'deleted',
  'duplicate',
  'enqueued',
  'expired at a claim',
  'expired by the leader',
  'reaped',
  'redrive refused',
  'redriven',
];
const ROUNDS = 8;
const reached = new Set<string>();

const command = (name: string, act: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run: async (model, real) => {
    await act(model, real);
    await expectSound(model, real);
  },
  toString: () => name,
});

const isLive = async ({ connection, shard }: TestShard, id: string): Promise<boolean> =>
  (await connection.hexists(shard.key('runs'), id)) === 1;

/** What is kept of keys and deadlines is of runs that live, unless they were deleted by hand: ends leave nothing behind. */
async function expectSound({ deleted }: Model, { shard }: Real): Promise<void> {
  const holders = await shard.connection.hvals(shard.shard.key('unique'));
  for (const [id = ''] of holders.map((value) => value.split(' '))) {
    expect(deleted.has(id) || (await isLive(shard, id))).toBe(true);
  }
  const deadlines = await shard.connection.zrange(shard.shard.key('deadlines'), '0', '-1');
  for (const id of deadlines) expect(await isLive(shard, id)).toBe(true);
}

const enqueue = (key: string, rule: UniqueRule, extras: (typeof BOUNDS)[number]): Command =>
  command(`enqueue ${key} for ${String(rule.forMs ?? 'ever')}`, async (model, { shard }) => {
    const before = model.taken.get(key);
    const holds = before !== undefined && model.now < before.until && (await isLive(shard, before.id));
    const id = `r${String((model.nextId += 1))}`;
    const told = await enqueueUnique(shard, id, { rule, key, extras });
    // Never a second run while the first lives and has the key; never none while it does not.
    expect(told).toEqual(holds ? { id: before.id, outcome: 'duplicate' } : { id, outcome: 'enqueued' });
    reached.add(told.outcome);
    if (!holds) model.taken.set(key, { id, until: rule.forMs === undefined ? Infinity : model.now + rule.forMs });
  });

const claim = (): Command =>
  command('claim', async (model, { shard }) => {
    const { attempts, expired } = await shard.claim({ want: 2 });
    model.attempts.push(...attempts);
    if (expired !== undefined) reached.add('expired at a claim');
  });

const settle = (pick: number, ending: keyof typeof ENDINGS): Command =>
  command(`settle ${String(pick)} as ${ending}`, async (model, { shard }) => {
    const attempt = model.attempts[pick % Math.max(1, model.attempts.length)];
    if (attempt && (await shard.settle(attempt, ENDINGS[ending]))) reached.add(ending);
  });

const pickRun = async ({ connection, shard }: TestShard, pick: number): Promise<string | undefined> => {
  const ids = (await connection.hkeys(shard.key('runs'))).sort();
  return ids[pick % Math.max(1, ids.length)];
};

const cancel = (pick: number): Command =>
  command(`cancel ${String(pick)}`, async (_, { shard }) => {
    const id = await pickRun(shard, pick);
    if (id !== undefined) reached.add(`cancel: ${(await shard.runs.cancel(id, '', KEEP_ALL)).answer}`);
  });

const deleteByHand = (pick: number): Command =>
  command(`delete ${String(pick)} by hand`, async (model, { shard }) => {
    const id = await pickRun(shard, pick);
    if (id === undefined) return;
    model.deleted.add(id);
    reached.add('deleted');
    for (const hash of ['runs', 'running', 'cancels', 'errors']) await shard.connection.hdel(shard.shard.key(hash), id);
    for (const zset of ['leases', 'deadlines', 'delayed:default'])
      await shard.connection.zrem(shard.shard.key(zset), id);
    await shard.connection.lrem(shard.shard.key('lane:default|5:a'), 0, id);
  });

const kill = (): Command =>
  command('claim one and let it die', async (_, { shard }) => {
    const { attempts } = await shard.claim();
    for (const attempt of attempts) if (await shard.settle(attempt, dead())) reached.add('dead');
  });

const redrive = (pick: number): Command =>
  command(`make dead letter ${String(pick)} again`, async (model, { shard }) => {
    const letters = await shard.history.dead(0, 20);
    const letter = letters[pick % Math.max(1, letters.length)];
    if (!letter) return;
    const key = /u=u([xy])/.exec(letter.run.extras)?.[1] as string;
    const before = model.taken.get(key);
    const holds = before !== undefined && model.now < before.until && (await isLive(shard, before.id));
    const id = `again${String((model.nextId += 1))}`;
    expect(await shard.runs.redrive(letter, id, KEEP_ALL)).toEqual({ heldBy: holds ? before.id : undefined });
    reached.add(holds ? 'redrive refused' : 'redriven');
    if (!holds) model.taken.set(key, { id, until: Infinity });
  });

const lead = (): Command =>
  command('reap and expire', async (_, { shard }) => {
    const { epoch } = await shard.leadership.take('leader', '{}');
    const { attempts } = await shard.runs.expired(100);
    const entries = attempts.map(({ run, token, worker }) => ({
      id: run.id,
      token,
      settlement: afterCrash(run, worker),
    }));
    if (entries.length > 0) reached.add('reaped');
    await shard.runs.reap(epoch, entries, KEEP_ALL);
    const answer = await shard.unique.expire(epoch, 100, KEEP_ALL);
    if (answer !== 'fenced' && answer.ended.length > 0) reached.add('expired by the leader');
  });

const pass = (ms: number): Command =>
  command(`${String(ms)} ms pass`, async (model, { shard }) => {
    model.now += ms;
    shard.clock.now = model.now;
    await Promise.resolve();
  });

const picks = fc.nat(20);
const commands = fc.commands(
  [
    fc
      .tuple(fc.constantFrom(...KEYS), fc.constantFrom(...RULES), fc.constantFrom(...BOUNDS))
      .map((of) => enqueue(...of)),
    fc.constant(claim()),
    fc.tuple(picks, fc.constantFrom(...(Object.keys(ENDINGS) as (keyof typeof ENDINGS)[]))).map((of) => settle(...of)),
    picks.map(cancel),
    picks.map(deleteByHand),
    fc.constant(kill()),
    picks.map(redrive),
    fc.constant(lead()),
    fc.constantFrom(1, 700, 1_500, LEASE_MS, -400).map(pass),
  ],
  { maxCommands: 60, size: 'max' },
);

test('a key has one live run at most and is free when that one is gone, whatever happens in whatever order', async () => {
  const property = fc.asyncProperty(commands, async (sequence) => {
    const shard = await openTestShard(redis);
    await shard.knows(['a']);
    const model: Model = { nextId: 0, now: START, attempts: [], taken: new Map(), deleted: new Set() };
    await fc.asyncModelRun(() => ({ model, real: { shard } }), sequence);
    shard.connection.disconnect();
  });
  // Each way in which a run can go is gone: a model that never gets there proves nothing. Chance may leave one out for a round.
  for (let round = 1; round <= ROUNDS && !WAYS.every((way) => reached.has(way)); round += 1) {
    await fc.assert(property, { numRuns: 120 });
  }
  expect([...reached].sort()).toEqual([...WAYS].sort());
}, 120_000);
