import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const TTL_MS = 1_000;
const EACH_SECOND = { cron: '* * * * * *', overlap: 'allow' as const };

const shardOf = (engine: Engine) => engine.store.shards[0] as Engine['store']['shards'][number];

const openReplica = (namespace: string): Promise<Engine> =>
  openEngine({ target: redis.target, namespace, config: { leaderTtlMs: TTL_MS } });

const runsOf = async (engine: Engine, name: string): Promise<string[]> =>
  (await engine.client.runs.list({ job: name, limit: 100 })).map(({ run }) => run.id);

/** Every fire time of the ledger, oldest first, whatever became of it. */
async function accountedTimes(engine: Engine, name: string): Promise<number[]> {
  const ledger = await shardOf(engine).history.ledger(name, 100);
  return ledger
    .flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i * 1_000))
    .sort((one, other) => one - other);
}

test('a leader that dies holds up nobody beyond its lease, and its successor fires what came due meanwhile', async () => {
  const [dying, heir] = await Promise.all([openReplica('heir'), openReplica('heir')]);
  await dying.startScheduler();
  await dying.hears('leader.elected');
  await heir.startScheduler();
  const { shard } = shardOf(heir);
  const lockMs = await shard.connection.pttl(shard.key('lock'));
  expect(lockMs).toBeGreaterThan(0);
  expect(lockMs).toBeLessThanOrEqual(TTL_MS);

  const at = systemClock.now() + 500;
  await heir.client.apply([job('nightly', { schedule: { at: new Date(at).toISOString() } })]);
  dying.close(); // as in a power cut: it neither resigns nor releases its lock
  const { fireTime, lagMs } = await heir.hears('schedule.verdict');
  expect(fireTime).toBe(at);
  expect(lagMs).toBeGreaterThan(0);
  expect(lagMs).toBeLessThan(TTL_MS + 1_000);
  expect(await runsOf(heir, 'nightly')).toEqual([`nightly@${String(at)}`]);
});

test('a leader that takes over does not run everything again', async () => {
  const replicas = await Promise.all(Array.from({ length: 3 }, () => openReplica('again')));
  const [first] = replicas as [Engine];
  const jobs = [
    job('boot', { schedule: { cron: '@reboot' } }),
    job('busy', { schedule: EACH_SECOND }),
    job('long', { schedule: { ...EACH_SECOND, overlap: 'skip' } }), // no worker is there: its first run lives on
    ...Array.from({ length: 20 }, (_, i) => job(`yearly-${String(i)}`, { schedule: { cron: '0 3 1 1 *' } })),
  ];
  await first.client.apply(jobs);
  for (const replica of replicas) {
    const scheduler = await replica.startScheduler(async () => void (await replica.client.apply(jobs)));
    await replica.hears('schedule.verdict', ({ schedule }) => schedule === 'busy');
    await scheduler.stop();
  }
  const times = await accountedTimes(first, 'busy');
  expect(times.length).toBeGreaterThanOrEqual(replicas.length);
  expect(times).toEqual(times.map((_, i) => (times[0] as number) + i * 1_000));
  expect(await runsOf(first, 'boot')).toHaveLength(1);
  expect(await runsOf(first, 'long')).toHaveLength(1);
  const fired = new Set(
    replicas.flatMap((replica) => replica.said('schedule.verdict').map(({ schedule }) => schedule)),
  );
  expect([...fired].sort()).toEqual(['boot', 'busy', 'long']);
});

test('a wall clock that leaps an hour, forth and back, costs no fire time and makes none early', async () => {
  const trueNow = Date.now.bind(Date);
  const lagsMs: number[] = [];
  const engine = await openReplica('leaps');
  engine.events.on('schedule.verdict', ({ fireTime }) => lagsMs.push(trueNow() - fireTime));
  await engine.client.apply([job('tick', { schedule: EACH_SECOND })]);
  await engine.startScheduler();
  await engine.hears('schedule.verdict');
  const wall = vi.spyOn(Date, 'now');
  onTestFinished(() => wall.mockRestore());
  for (const leapMs of [3_600_000, -3_600_000]) {
    wall.mockImplementation(() => trueNow() + leapMs);
    // Past the next renewal: redlock refuses it after a leap, and the replica has to win its lease again.
    const renewedAt = trueNow() + TTL_MS / 2;
    await eventually(() => {
      expect(lagsMs.at(-1)).toBeLessThan(60_000);
      expect(engine.said('schedule.verdict').at(-1)?.fireTime).toBeGreaterThan(renewedAt);
    });
  }
  expect(Math.min(...lagsMs)).toBeGreaterThanOrEqual(0);
  const times = await accountedTimes(engine, 'tick');
  expect(times).toEqual(times.map((_, i) => (times[0] as number) + i * 1_000));
});

test('two applications on one Redis leave each other alone, each in its namespace', async () => {
  const [shop, bank] = await Promise.all([openReplica('shop'), openReplica('bank')]);
  await shop.client.apply([job('report', { schedule: EACH_SECOND }), job('stock', { schedule: EACH_SECOND })]);
  await bank.client.apply([job('report', { schedule: { cron: '0 3 1 1 *' } })]);
  const schedulers = await Promise.all([shop.startScheduler(), bank.startScheduler()]);
  await eventually(() => expect(schedulers.map((scheduler) => scheduler.leads().length)).toEqual([1, 1]));
  await shop.hears('schedule.verdict', ({ schedule }) => schedule === 'report');
  await shop.hears('schedule.verdict', ({ schedule }) => schedule === 'stock');
  expect(bank.said('schedule.verdict')).toEqual([]);
  expect((await shop.client.jobs.list()).map(({ record }) => record.name)).toEqual(['report', 'stock']);
  expect((await bank.client.jobs.list()).map(({ record }) => record.name)).toEqual(['report']);
  expect(await runsOf(bank, 'report')).toEqual([]);
});
