import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { find, renderChart } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { podsOf } from '../support/chart/pods.ts';

const PEM = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const folder = mkdtempSync(join(tmpdir(), 'belfry-chart-redis-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Where the scheduler of the chart looks for Redis, when every Secret says `secret` and every certificate is PEM. */
async function targetOf(externalRedis: Values): Promise<unknown> {
  const manifests = await renderChart({ valkey: { enabled: false }, externalRedis });
  const [pod] = podsOf([find(manifests, 'Deployment', 'bt-belfry-scheduler')]);
  const pem = join(folder, 'any.pem');
  writeFileSync(pem, PEM);
  const variables = (pod?.spec.containers[0]?.env ?? []).map(({ name, value = 'secret' }) => [
    name,
    name.startsWith('REDIS_TLS_') ? pem : value,
  ]);
  return loadConfig({ env: Object.fromEntries(variables) as Record<string, string>, cwd: folder }).redis;
}

const existingSecret = 'redis';

test('one server: host, port, database, user and password', async () => {
  const target = await targetOf({ host: 'a', port: 6380, database: 3, username: 'ada', existingSecret });
  const auth = { username: 'ada', password: 'secret' };
  expect(target).toEqual({ kind: 'single', host: 'a', port: 6380, db: 3, auth });
});

test('an address of IPv6, in brackets or without', async () => {
  for (const host of ['fd00::1', '[fd00::1]']) {
    expect(await targetOf({ host })).toMatchObject({ kind: 'single', host: 'fd00::1', port: 6379 });
  }
});

test('Sentinels with a password of their own', async () => {
  const sentinel = { enabled: true, masterName: 'bells', nodes: ['s0', 's1:26380'] };
  const target = await targetOf({
    existingSecret,
    database: 2,
    sentinel: { ...sentinel, existingSecretPasswordKey: 's' },
  });
  expect(target).toEqual({
    kind: 'sentinel',
    sentinels: [
      { host: 's0', port: 26_379 },
      { host: 's1', port: 26_380 },
    ],
    name: 'bells',
    db: 2,
    auth: { password: 'secret' },
    sentinelAuth: { password: 'secret' },
  });
});

test('a Cluster with TLS and a certificate of the client', async () => {
  const tls = { enabled: true, caSecret: 'ca', clientSecret: 'client' };
  const target = await targetOf({ existingSecret, tls, cluster: { enabled: true, nodes: ['c0:7000', 'c1:7001'] } });
  expect(target).toMatchObject({
    kind: 'cluster',
    nodes: [
      { host: 'c0', port: 7000 },
      { host: 'c1', port: 7001 },
    ],
    tls: { ca: PEM, cert: PEM, key: PEM },
  });
});

test('no password is asked of a Secret whose key is empty', async () => {
  const target = await targetOf({ host: 'a', existingSecret, existingSecretPasswordKey: '' });
  expect(target).toMatchObject({ kind: 'single', auth: {} });
});
