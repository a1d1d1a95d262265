import { describe, expect, test } from 'vitest';
import type { RestartWatch } from '../../src/client/run_restart.ts';
import { countRestart, type Restart, type RestartTerms } from '../../src/core/restart/restart.ts';
import type { ShardStore } from '../../src/store/store.ts';
import { openEngine, type Engine } from '../support/engine.ts';
import { playFleet, type PlayedFleet, type PlayedWorker } from '../support/played_fleet.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
/** Played workers are back at once, however busy the machine is. */
const PATIENT = { waitNewMs: 15_000 };
/** For those that never come. */
const BRIEF = { waitNewMs: 1_000 };

type Play = {
  engine: Engine;
  fleet: PlayedFleet;
  restart: (terms?: Partial<RestartTerms>, watch?: RestartWatch) => Promise<Restart>;
};

async function open(workers: PlayedWorker[], startAgain?: Parameters<typeof playFleet>[2]): Promise<Play> {
  const engine = await openEngine({ target: redis.target });
  const fleet = await playFleet(engine.store, workers, startAgain);
  const restart: Play['restart'] = (terms = {}, watch = {}) =>
    engine.client.workers.restart({ by: 'ada', note: 'a new version', terms: { ...PATIENT, ...terms } }, watch);
  return { engine, fleet, restart };
}
const named = (names: string, parts: Omit<PlayedWorker, 'id'> = {}): PlayedWorker[] =>
  names.split('').map((id) => ({ ...parts, id }));

describe('a restart in waves', () => {
  test('tells every worker once, a few at a time, and says who and why', async () => {
    const { fleet, restart, engine } = await open(named('abcde'));
    const ended = await restart({ maxUnavailable: '2' });
    expect(ended).toMatchObject({ status: 'done', by: 'ada', note: 'a new version' });
    expect(countRestart(ended)).toEqual({ targets: 5, replaced: 5, away: 0, failed: 0, left: 0 });
    expect(fleet.told.map(({ worker }) => worker).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(fleet.told[0]?.order).toEqual({ by: 'ada', note: 'a new version', restart: ended.id });
    expect(fleet.mostMissing()).toBeLessThanOrEqual(2);
    expect(fleet.live()).toEqual(["a'", "b'", "c'", "d'", "e'"]);
    expect(await engine.client.workers.lastRestart()).toMatchObject({ id: ended.id, status: 'done' });
  });

  test('stops after the first worker where nothing comes in its place, and goes on when it is told to', async () => {
    const broken = new Set(['a']);
    const again = (id: string): PlayedWorker => ({ id: `${id}'` });
    const { fleet, restart, engine } = await open(named('abc'), ({ id }) => (broken.has(id) ? undefined : again(id)));
    const stopped = await restart(BRIEF);
    expect(stopped).toMatchObject({ status: 'stopped', members: [{ failure: 'missing' }, {}, {}] });
    expect(fleet.live()).toEqual(['b', 'c']);
    await expect(restart()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
    await fleet.add(again('a'));
    const resumed = await engine.client.workers.resumeRestart({ by: 'bob', terms: PATIENT });
    expect(resumed).toMatchObject({ id: stopped.id, by: 'bob', status: 'done' });
    expect(fleet.told.map(({ worker }) => worker)).toEqual(['a', 'b', 'c']);
    await expect(engine.client.workers.resumeRestart({ by: 'bob' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('may be begun anew though one is left unfinished', async () => {
    const { engine, fleet, restart } = await open(named('ab'), () => undefined);
    await restart(BRIEF);
    const request = { by: 'ada', unfinished: 'abandon', terms: BRIEF } as const;
    expect(await engine.client.workers.restart(request)).toMatchObject({ status: 'stopped', members: [{}] });
    expect(fleet.live()).toEqual([]);
  });

  test('is not done by a new worker with the old version', async () => {
    const { restart, fleet } = await open(named('ab', { version: '1.0.0' }));
    const ended = await restart({ ...BRIEF, olderThan: '2.0.0' });
    expect(ended).toMatchObject({ status: 'stopped', members: [{ failure: 'missing' }, {}] });
    expect(fleet.live()).toEqual(["a'", 'b']);
  });

  test('that is interrupted waits for those that are away, tells nobody else, and can be resumed', async () => {
    const stop = new AbortController();
    const { restart, fleet, engine } = await open(named('abc'));
    const onProgress = (seen: Restart): void => {
      if (countRestart(seen).away > 0) stop.abort();
    };
    const ended = await restart({}, { stop: stop.signal, onProgress });
    expect(ended.status).toBe('interrupted');
    expect(countRestart(ended)).toMatchObject({ replaced: 1, away: 0, left: 2 });
    expect(fleet.live()).toEqual(["a'", 'b', 'c']);
    expect(await engine.client.workers.resumeRestart({ by: 'ada' })).toMatchObject({ status: 'done' });
  });

  test('is the only one: another driver is refused while it is held', async () => {
    const { restart, engine, fleet } = await open(named('ab'));
    const first = restart();
    let refused: unknown;
    const asked = new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (fleet.told.length === 0) return;
        clearInterval(timer);
        engine.client.workers.resumeRestart({ by: 'eve' }).catch((error: unknown) => {
          refused = error;
          resolve();
        });
      }, 5);
    });
    await asked;
    expect(refused).toMatchObject({ code: 'ALREADY_RUNNING' });
    expect(await first).toMatchObject({ status: 'done', by: 'ada' });
  });

  test('gives an order again that a failover of Redis has lost', async () => {
    const { engine, restart, fleet } = await open(named('ab'));
    const { shard } = engine.store.shards[0] as ShardStore;
    fleet.hold();
    const ended = restart();
    await expect.poll(() => shard.connection.hlen(shard.key('orders'))).toBe(1);
    await shard.connection.del(shard.key('orders'));
    fleet.goOn();
    expect(await ended).toMatchObject({ status: 'done' });
    expect(fleet.told.map(({ worker }) => worker)).toEqual(['a', 'b']);
  });

  test('of nobody is done at once', async () => {
    const { restart } = await open(named('ab', { version: '2.0.0' }));
    expect(await restart({ olderThan: '1.5.0' })).toMatchObject({ status: 'done' });
  });
});

describe('who may not be told', () => {
  test('is refused by name, and left alone or told where that is meant', async () => {
    const seen: PlayedWorker[] = [{ id: 'a' }, { id: 'all', roles: ['scheduler', 'worker', 'api'] }];
    const { restart, engine, fleet } = await open(seen);
    await expect(restart()).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('all (h1, pid 1)') as string,
    });
    await expect(engine.client.workers.drain('all', { by: 'ada' })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('scheduler and api') as string,
    });
    expect(await engine.client.workers.restart({ by: 'ada', roles: 'all', terms: PATIENT })).toMatchObject({
      status: 'done',
    });
    expect(fleet.live()).toEqual(["a'", "all'"]);
  });

  test('a worker without orders stays where the others are told all the same', async () => {
    const { restart, engine, fleet } = await open(named('ab'));
    await engine.store.workers.beat(
      { ...(await engine.client.workers.get('a')), id: 'old', process: 'old', roles: [] },
      60_000,
    );
    await engine.store.shards[0]?.shard.connection.hset(
      engine.store.shards[0].shard.key('workers'),
      'old',
      JSON.stringify({
        id: 'old',
        pool: 'default',
        host: 'h2',
        pid: 9,
        version: '0.1.0',
        queues: ['*'],
        jobs: 1,
        code: 'c',
        slots: 1,
        busy: 0,
        startedAt: 0,
        state: 'running',
      }),
    );
    await expect(restart()).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('old (h2, pid 9)') as string,
    });
    await engine.client.workers.restart({ by: 'ada', roles: 'all', terms: PATIENT });
    expect(fleet.told.map(({ worker }) => worker)).toEqual(['a', 'b']);
  });

  test('is a pool that has no worker', async () => {
    const { restart } = await open(named('ab', { pool: 'mail' }));
    await expect(restart({ pools: ['mial'] })).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'did you mean mail?' });
  });
});

test('a preview says whom, and how many at a time', async () => {
  const { engine, fleet } = await open([...named('abc'), { id: 'd', pool: 'mail' }]);
  const preview = await engine.client.workers.previewRestart({ by: 'ada', terms: { maxUnavailable: '50%' } });
  expect(preview.pools).toEqual([
    { pool: 'default', workers: 3, targets: 3, mostAway: 1 },
    { pool: 'mail', workers: 1, targets: 1, mostAway: 1 },
  ]);
  expect(fleet.told).toEqual([]);
});
