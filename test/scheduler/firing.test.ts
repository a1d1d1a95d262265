import { describe, expect, test } from 'vitest';
import { previousFireTime } from '../../src/core/time/fire_times.ts';
import { packSchedule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const EACH_SECOND = { cron: '* * * * * *' };
const SECOND = 1_000;

const shardOf = (engine: Engine) => engine.store.shards[0] as Engine['store']['shards'][number];

async function read(engine: Engine, id: string): Promise<StoredSchedule> {
  const [value = ''] = await shardOf(engine).schedules.read([id]);
  return unpackSchedule(id, value);
}

/** Sets a schedule back, as if no leader had been there since. */
async function rewind(
  engine: Engine,
  id: string,
  backMs: number,
  fields: Partial<StoredSchedule> = {},
): Promise<number> {
  const { schedules } = shardOf(engine);
  for (;;) {
    const [before = ''] = await schedules.read([id]);
    const stored = unpackSchedule(id, before);
    const next = stored.next - backMs;
    const [saved] = await schedules.save([
      { id, before, after: packSchedule({ ...stored, next, ...fields }), due: next },
    ]);
    if (saved === true) return next;
  }
}

const firedTimes = (engine: Engine, name: string): number[] =>
  engine
    .said('schedule.verdict')
    .filter(({ job: of }) => of === name)
    .map(({ fireTime }) => fireTime);

describe('a schedule', () => {
  test('fires once for each fire time, in order, with two leaders that both believe in it', async () => {
    const target = redis.target;
    const jobs = [job('twice', { schedule: { ...EACH_SECOND, overlap: 'allow' } })];
    const one = await openEngine({ target, namespace: 'twice', jobs });
    const two = await openEngine({ target, namespace: 'twice' });
    await one.startScheduler();
    await one.hears('leader.elected');
    await two.startScheduler();
    const lock = shardOf(one).shard.key('lock');
    await eventually(() => expect(firedTimes(one, 'twice').length).toBeGreaterThan(0));
    // Two wins while one still believes in its lease; where one is quicker to win it again, its lock goes once more.
    await eventually(
      async () => {
        if (two.said('leader.elected').length === 0) await shardOf(one).shard.connection.del(lock);
        expect(two.said('leader.elected')).not.toEqual([]);
      },
      { timeoutMs: 12_000, everyMs: 700 },
    );
    await eventually(() => expect(firedTimes(two, 'twice').length).toBeGreaterThan(1), { timeoutMs: 8_000 });
    const ledger = (await shardOf(one).history.ledger('twice', 100)).reverse();
    const times = ledger.flatMap(({ from, to, count }) => (count === 1 ? [from] : [from, to]));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    for (let i = 1; i < times.length; i += 1) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBe(SECOND);
    const ids = (await one.client.runs.list({ job: 'twice', limit: 500 })).map(({ run }) => run.id);
    expect(new Set(ids).size).toBe(ids.length);
    const fired = ledger.filter(({ word }) => word !== 'merged').map(({ from }) => `twice@${String(from)}`);
    expect(ids.sort()).toEqual(fired.sort());
  });

  test('is never fired before its due time, which jitter puts within its bound', async () => {
    const jobs = [job('jittery', { schedule: { ...EACH_SECOND, jitter: '800ms', overlap: 'allow' } })];
    const engine = await openEngine({ target: redis.target, jobs });
    await engine.startScheduler();
    await eventually(() => expect(firedTimes(engine, 'jittery').length).toBeGreaterThan(2), { timeoutMs: 8_000 });
    for (const { lagMs, word } of engine.said('schedule.verdict')) {
      expect(lagMs).toBeGreaterThanOrEqual(0);
      if (word === 'fired') expect(lagMs).toBeLessThan(2 * SECOND);
    }
  });

  test('is skipped while a run that was triggered by hand lives, and fires again after it', async () => {
    const engine = await openEngine({ target: redis.target, jobs: [job('careful', { schedule: EACH_SECOND })] });
    const triggered = await engine.client.jobs.trigger('careful');
    if (triggered.answer !== 'triggered') throw new Error('nothing lives yet');
    await engine.startScheduler();
    await engine.hears('schedule.verdict', ({ word }) => word === 'skipped(overlap)');
    expect(engine.said('schedule.verdict').map(({ word }) => word)).not.toContain('fired');
    await engine.client.runs.cancel(triggered.runId);
    await engine.hears('schedule.verdict', ({ word }) => word === 'fired');
  });
});

describe('after a gap', () => {
  test('the latest fire time is caught up and the ones before it are merged', async () => {
    const engine = await openEngine({
      target: redis.target,
      jobs: [job('gap', { schedule: { cron: '*/10 * * * * *' } })],
    });
    const first = await rewind(engine, 'gap', 60 * SECOND);
    await engine.startScheduler();
    const { fireTime } = await engine.hears('schedule.verdict', ({ word }) => word === 'caught-up');
    const [, merged] = await shardOf(engine).history.ledger('gap', 2);
    expect(merged).toMatchObject({ word: 'merged', from: first, to: fireTime - 10 * SECOND });
    expect((await engine.client.runs.get(`gap@${String(fireTime)}`)).run.fireTime).toBe(fireTime);
  });

  test('a start deadline makes them missed, and no run is made', async () => {
    const schedule = { cron: '*/10 * * * * *', startDeadline: '1ms' };
    const engine = await openEngine({ target: redis.target, jobs: [job('strict', { schedule })] });
    await rewind(engine, 'strict', 60 * SECOND);
    await engine.startScheduler();
    const { fireTime } = await engine.hears('schedule.verdict', ({ word }) => word === 'missed(deadline)');
    await expect(engine.client.runs.get(`strict@${String(fireTime)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('catch-up none makes them missed, and the schedule goes on', async () => {
    const schedule = { cron: '*/2 * * * * *', catchUp: 'none' as const, overlap: 'allow' as const };
    const engine = await openEngine({ target: redis.target, jobs: [job('fresh', { schedule })] });
    const far = await rewind(engine, 'fresh', 3_600 * SECOND);
    await engine.startScheduler();
    await engine.hears('schedule.verdict', ({ word }) => word === 'missed(catch-up)');
    await engine.hears('schedule.verdict', ({ word }) => word === 'fired');
    const ledger = await shardOf(engine).history.ledger('fresh', 100);
    expect(ledger.at(-1)).toMatchObject({ word: 'missed(catch-up)', from: far });
  });
});

describe('a schedule that cannot be planned', () => {
  test.each([
    ['has a rule that is no JSON', '1 NEXT - - {"c":'],
    ['has a rule that no reader knows', '1 NEXT - - {"c":"61 * * * *"}'],
    ['is in an unknown zone', '1 NEXT - - {"c":"* * * * *","z":"Mars/Olympus"}'],
    ['has no readable cursor', '1 soon - - {"c":"* * * * *"}'],
    ['has no readable revision', 'x NEXT - - {"c":"* * * * *"}'],
    ['is damaged beyond reading', 'damaged'],
    ['fires a job that is not there', '1 NEXT - - {"c":"* * * * *"}', 'nobody:sick'],
  ])(
    'because it %s is quarantined alone, with the reason, and the others go on',
    async (_, text, id = 'healthy:sick') => {
      const engine = await openEngine({ target: redis.target, jobs: [job('healthy', { schedule: EACH_SECOND })] });
      const { schedules } = shardOf(engine);
      await schedules.save([
        { id, before: undefined, after: text.replace('NEXT', '1767225600000'), due: 1_767_225_600_000 },
      ]);
      await engine.startScheduler();
      const { error } = await engine.hears('schedule.quarantined', ({ schedule }) => schedule === id);
      expect(error).not.toBe('');
      await engine.hears('schedule.verdict', ({ schedule }) => schedule === 'healthy');
      expect(Object.keys(Object.fromEntries(await schedules.quarantined()))).toEqual([id]);
      expect(engine.said('tick.failed')).toEqual([]);
    },
  );

  test('comes back when it is registered anew', async () => {
    const jobs = [job('mended', { schedule: EACH_SECOND })];
    const engine = await openEngine({ target: redis.target, jobs });
    const { schedules } = shardOf(engine);
    const [before = ''] = await schedules.read(['mended']);
    await schedules.save([{ id: 'mended', before, after: '1 1767225600000 - - {', due: 1_767_225_600_000 }]);
    await engine.startScheduler();
    await engine.hears('schedule.quarantined');
    expect((await engine.client.jobs.get('mended')).quarantined?.message).toEqual(expect.any(String));
    await engine.client.apply(jobs);
    await engine.hears('schedule.verdict', ({ job: name }) => name === 'mended');
    expect((await engine.client.jobs.get('mended')).quarantined).toBeUndefined();
  });
});

test('a due time that was lost is put back by the sweep of the next leader', async () => {
  const engine = await openEngine({ target: redis.target, jobs: [job('swept', { schedule: EACH_SECOND })] });
  const { shard } = shardOf(engine);
  await shard.connection.del(shard.key('due'));
  await engine.startScheduler();
  expect(await engine.hears('schedule.repaired')).toMatchObject({ count: 1 });
  await engine.hears('schedule.verdict', ({ job: name }) => name === 'swept');
});

test('schedules that Redis has lost with everything else are reconciled by the next leader', async () => {
  const own = await startRedis();
  const jobs = [job('reborn', { schedule: EACH_SECOND })];
  const engine = await openEngine({ target: own.target, jobs });
  await engine.startScheduler(async () => void (await engine.client.apply(jobs)));
  await engine.hears('schedule.verdict');
  await own.restart();
  const before = engine.said('schedule.verdict').length;
  await eventually(() => expect(engine.said('schedule.verdict').length).toBeGreaterThan(before), { timeoutMs: 10_000 });
});

test('a fire time whose commit was lost with a Redis process fires again, tagged replayed', async () => {
  const own = await startRedis({ persistence: 'aof', args: ['--appendfsync', 'always'] });
  const engine = await openEngine({ target: own.target, jobs: [job('lost', { schedule: { cron: '0 0 1 1 *' } })] });
  const { shard } = shardOf(engine);
  const stored = await read(engine, 'lost');
  const newYear = previousFireTime('0 0 1 1 *', { from: stored.next }) as number;
  const before = packSchedule({ ...stored, next: newYear, ruleJson: '{"c":"0 0 1 1 *","w":99999999999}' });
  const put = async (): Promise<void> => {
    await shard.connection.hset(shard.key('schedules'), 'lost', before);
    await shard.connection.zadd(shard.key('due'), newYear, 'lost');
  };
  await put();
  let reconciled = 0;
  await engine.startScheduler(() => Promise.resolve(void (reconciled += 1)));
  await engine.hears('schedule.verdict', ({ fireTime, word }) => fireTime === newYear && word === 'late');
  await engine.hears('tick.done', ({ due }) => due === 0); // else it may fire what is put back before it knows of the restart
  const reconciledBefore = reconciled;
  // The write that committed it is undone as a failover would undo it, and the process is another one.
  await shard.connection.del(shard.key('runs'));
  await put();
  await own.restart();
  await engine.hears('schedule.verdict', ({ fireTime, word }) => fireTime === newYear && word === 'replayed');
  expect(reconciled).toBe(reconciledBefore + 1);
  expect((await engine.client.runs.get(`lost@${String(newYear)}`)).run.fireTime).toBe(newYear);
});
