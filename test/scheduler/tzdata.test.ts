import { describe, expect, test } from 'vitest';
import { createLeadershipStore } from '../../src/store/leadership.ts';
import { eventually } from '../support/eventually.ts';
import { openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const TTL_MS = 2_000;
/** Published: a newer replica leads within a TTL and a second, an older one again within 1.5 TTL and a second. */
const TO_NEWER_MS = TTL_MS + 1_000;
const TO_OLDER_MS = 1.5 * TTL_MS + 1_000;

const open = (namespace: string, tzVersion: string, config = {}): Promise<Engine> =>
  openEngine({ target: redis.target, namespace, tzVersion, config: { leaderTtlMs: TTL_MS, ...config } });

async function untilLeads(scheduler: { leads(): unknown[] }, shards: number, timeoutMs: number): Promise<void> {
  await eventually(() => expect(scheduler.leads()).toHaveLength(shards), { timeoutMs });
}

describe('tzdata versions', () => {
  test('move the lead to a replica with newer ones that joins, and the older one says why it leads no more', async () => {
    const [old, young] = await Promise.all([open('newer', '2024a'), open('newer', '2025b')]);
    const first = await old.startScheduler();
    await untilLeads(first, 1, TTL_MS);
    const second = await young.startScheduler();
    await untilLeads(second, 1, TO_NEWER_MS);
    expect(first.leads()).toEqual([]);
    expect(first.abstention()).toEqual({ own: '2024a', newest: '2025b' });
    expect(second.abstention()).toBeUndefined();
    expect(old.said('leader.abstained')).toEqual([{ shard: 0, own: '2024a', newest: '2025b' }]);
    expect(old.said('leader.lost').map(({ reason }) => reason)).toEqual(['a live replica has newer tzdata: 2025b']);
    expect(young.said('leader.abstained')).toEqual([]);
  });

  test('let the older replica lead again when the newer one has died, without a word from it', async () => {
    const [old, young] = await Promise.all([open('rollback', '2024a'), open('rollback', '2025b')]);
    const second = await young.startScheduler();
    await untilLeads(second, 1, TTL_MS);
    const first = await old.startScheduler();
    await eventually(() => expect(old.said('leader.abstained')).toHaveLength(1));
    expect(first.leads()).toEqual([]);
    young.close(); // its connections end as in a crash: it neither resigns nor leaves
    await untilLeads(first, 1, TO_OLDER_MS);
    expect(first.abstention()).toBeUndefined();
  });

  test('let the older replica lead within a second after the newer one was stopped in good order', async () => {
    const [old, young] = await Promise.all([open('stopped', '2024a'), open('stopped', '2025b')]);
    const second = await young.startScheduler();
    await untilLeads(second, 1, TTL_MS);
    const first = await old.startScheduler();
    await eventually(() => expect(old.said('leader.abstained')).toHaveLength(1));
    await second.stop();
    await untilLeads(first, 1, TTL_MS / 4 + 1_000);
  });

  test('give each shard to the newest replicas alone, shared among these', async () => {
    const config = { shards: 4 };
    const namespace = 'shared';
    const engines = await Promise.all(['2024a', '2025b', '2025b'].map((version) => open(namespace, version, config)));
    const schedulers: Awaited<ReturnType<Engine['startScheduler']>>[] = [];
    for (const engine of engines) schedulers.push(await engine.startScheduler());
    await eventually(() => expect(schedulers.map((scheduler) => scheduler.leads().length)).toEqual([0, 2, 2]), {
      timeoutMs: 15_000,
    });
  });

  test('are no reason to abstain while the newer replica cannot lead', async () => {
    const [old, young] = await Promise.all([open('unable', '2024a'), open('unable', '2025b')]);
    const first = await old.startScheduler();
    await untilLeads(first, 1, TTL_MS);
    const { replicas } = young.store;
    const hears = await replicas.beat(
      { id: 'young', host: 'h', pid: 1, version: '0', tzVersion: '2025b', state: 'unable' },
      60_000,
    );
    expect(hears.map(({ tzVersion, state }) => `${tzVersion} ${state}`).sort()).toEqual(['2024a able', '2025b unable']);
    await eventually(() => expect(old.said('tick.done').length).toBeGreaterThan(2));
    expect(first.leads()).toHaveLength(1);
  });

  test('of a replica whose term has just failed to begin bar nobody', async () => {
    const [old, young] = await Promise.all([open('broken', '2024a'), open('broken', '2025b')]);
    let tries = 0;
    const second = await young.startScheduler(() => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('its jobs cannot be registered')) : Promise.resolve();
    });
    await young.hears('leader.lost', ({ reason }) => reason === 'its jobs cannot be registered');
    await untilLeads(second, 1, TTL_MS); // another try went well
    const first = await old.startScheduler();
    await second.stop();
    await untilLeads(first, 1, 1_000);
    expect(old.said('leader.abstained')).toEqual([]);
  });

  test('are kept with the record of the leader', async () => {
    const engine = await open('record', '2025b');
    await engine.startScheduler();
    await engine.hears('leader.elected');
    const shard = engine.store.shards[0]?.shard;
    if (shard === undefined) throw new Error('no shard');
    expect((await createLeadershipStore(shard).current())?.about).toMatchObject({ tzVersion: '2025b' });
  });

  test('that nobody tells are no difference', async () => {
    const [one, two] = await Promise.all([open('unknown', 'of the system'), open('unknown', '')]);
    const schedulers = [await one.startScheduler(), await two.startScheduler()];
    await eventually(() => expect(schedulers.flatMap((scheduler) => scheduler.leads())).toHaveLength(1));
    expect([...one.said('leader.abstained'), ...two.said('leader.abstained')]).toEqual([]);
  });
});
