import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SingleTarget } from '../../src/core/redis_target.ts';
import { eventually } from '../support/eventually.ts';
import { createEngine, job, openEngine, type Engine } from '../support/engine.ts';
import { freePort } from '../support/free_port.ts';
import { startRedis } from '../support/redis.ts';

const JOBS = [job('tick', { schedule: { cron: '* * * * * *' } })];

/** A schedule fires and its run succeeds: leader, worker, heartbeat thread and bells all have reached Redis. */
async function expectWholeFlow(target: SingleTarget): Promise<Engine> {
  const engine = await openEngine({ target, jobs: JOBS });
  await engine.startScheduler();
  await engine.startWorker();
  await engine.hears('run.finished', ({ job: name, outcome }) => name === 'tick' && outcome === 'succeeded');
  await eventually(async () => expect((await engine.client.overview()).workers).toHaveLength(1));
  return engine;
}

async function startTcp(args: string[] = []): Promise<{ target: SingleTarget; path: string }> {
  const port = await freePort();
  const { path } = await startRedis({ args: ['--port', String(port), '--bind', '127.0.0.1', ...args] });
  return { target: { kind: 'single', host: '127.0.0.1', port, db: 0, auth: {} }, path };
}

describe('a single Redis is reached', () => {
  test('over a unix socket', async () => {
    await expectWholeFlow((await startRedis()).target);
  });

  test('over TCP, in another database', async () => {
    const { target } = await startTcp();
    await expectWholeFlow({ ...target, db: 3 });
  });

  test('with a password', async () => {
    const { target } = await startTcp(['--requirepass', 'secret']);
    await expectWholeFlow({ ...target, auth: { password: 'secret' } });
  });

  test('as an ACL user that may touch the keys of its namespace only', async () => {
    const { target, path } = await startTcp();
    const admin = new Redis({ path });
    onTestFinished(() => admin.disconnect());
    await admin.acl(
      'SETUSER',
      'belfry',
      'on',
      '>pw',
      '~{acl:*',
      '+@all',
      '-@dangerous',
      '+info',
      '+config|get',
      '+keys',
    );
    const engine = await openEngine({
      target: { ...target, auth: { username: 'belfry', password: 'pw' } },
      namespace: 'acl',
      jobs: JOBS,
    });
    await engine.startScheduler();
    await engine.startWorker();
    await engine.hears('run.finished', ({ outcome }) => outcome === 'succeeded');
    await expect(engine.store.connection.set('{other:0}:x', '1')).rejects.toThrow('NOPERM');
  });
});

describe('wrong credentials are refused at the start with REDIS_AUTH', () => {
  test.each([
    ['no password', {}],
    ['another password', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'secret' }],
  ])('%s', async (_, auth) => {
    const { target } = await startTcp(['--requirepass', 'secret']);
    await expect((await createEngine({ target: { ...target, auth } })).connect()).rejects.toMatchObject({
      code: 'REDIS_AUTH',
    });
  });
});

describe('over TLS', () => {
  // A certificate for 127.0.0.1 that signs itself, made for this test alone; it is valid for a hundred years.
  const file = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url));

  async function startTls(): Promise<{ target: SingleTarget; ca: string }> {
    const port = await freePort();
    const tls = ['--tls-port', String(port), '--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
    await startRedis({
      args: ['--bind', '127.0.0.1', ...tls, '--tls-ca-cert-file', file('cert.pem'), '--tls-auth-clients', 'no'],
    });
    return {
      target: { kind: 'single', host: '127.0.0.1', port, db: 0, auth: {} },
      ca: readFileSync(file('cert.pem'), 'utf8'),
    };
  }

  test('it is reached with the authority that signed its certificate, and not without', async () => {
    const { target, ca } = await startTls();
    await expectWholeFlow({ ...target, tls: { ca } });
    const stranger = await createEngine({ target: { ...target, tls: {} } });
    const refusal = { code: 'REDIS_AUTH', hint: expect.stringContaining('REDIS_TLS_CA') as unknown };
    await expect(stranger.connect()).rejects.toMatchObject(refusal);
  });
});

describe('a Redis that cannot serve is refused at the start', () => {
  test('because it is a read-only replica; a write to it is REDIS_READ_ONLY', async () => {
    const { target } = await startTcp();
    const replica = await startTcp(['--replicaof', `127.0.0.1 ${String(target.port)}`]);
    const engine = await createEngine({ target: replica.target });
    await expect(engine.connect()).rejects.toMatchObject({ hint: expect.stringContaining('primary') as unknown });
    const write = engine.store.shards[0]?.runs.publishCode('code', ['a'], 1_000);
    await expect(write).rejects.toMatchObject({ code: 'REDIS_READ_ONLY' });
  });

  test('because it may evict schedules and runs', async () => {
    const { target } = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await expect((await createEngine({ target })).connect()).rejects.toMatchObject({
      code: 'REDIS_UNSUITABLE',
      hint: expect.stringContaining('noeviction') as unknown,
    });
  });

  test('because the namespace has another number of shards', async () => {
    const { target } = await startRedis();
    await openEngine({ target, namespace: 'sharded', config: { shards: 2 } });
    const other = await createEngine({ target, namespace: 'sharded', config: { shards: 3 } });
    await expect(other.connect()).rejects.toMatchObject({
      code: 'SHARD_MISMATCH',
      hint: expect.stringContaining('BELFRY_SHARDS=2') as unknown,
    });
  });

  test('because its state was written by a later format', async () => {
    const redis = await startRedis();
    const engine = await openEngine({ target: redis.target, namespace: 'future' });
    await engine.store.connection.hset('{future:0}:meta', { format: '99', oldest: '99' });
    await expect((await createEngine({ target: redis.target, namespace: 'future' })).connect()).rejects.toMatchObject({
      code: 'FORMAT_MISMATCH',
    });
  });
});
