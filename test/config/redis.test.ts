import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { describeTarget, parseRedisUrl } from '../../src/config/redis_url.ts';
import type { Environment } from '../../src/config/environment.ts';
import { BelfryError } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'belfry-redis-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const write = (name: string, content: string): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const load = (env: Environment) => loadConfig({ env, cwd: folder });
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (!(error instanceof BelfryError)) throw error;
    return `${error.code} ${error.message} → ${error.hint ?? ''}`;
  }
  throw new Error('it was accepted');
};
const single = { kind: 'single', host: 'localhost', port: 6379, db: 0, auth: {} };

describe('a Redis URL', () => {
  test.each<[string, object]>([
    ['redis://localhost', single],
    ['redis://h:7000/3', { ...single, host: 'h', port: 7000, db: 3 }],
    ['redis://:p%40ss@h', { ...single, host: 'h', auth: { password: 'p@ss' } }],
    ['redis://app:a:b@h', { ...single, host: 'h', auth: { username: 'app', password: 'a:b' } }],
    ['redis://app:p/w@h/2', { ...single, host: 'h', db: 2, auth: { username: 'app', password: 'p/w' } }],
    ['redis://[::1]:7000', { ...single, host: '::1', port: 7000 }],
    ['rediss://h', { ...single, host: 'h', tls: {} }],
    ['unix:///run/redis.sock', { ...single, path: '/run/redis.sock' }],
    ['/run/redis.sock', { ...single, path: '/run/redis.sock' }],
    ['unix://:pw@/run/redis.sock/2', { ...single, path: '/run/redis.sock', db: 2, auth: { password: 'pw' } }],
    [
      'redis+sentinel://a,b:26380/main/1',
      { kind: 'sentinel', sentinels: nodes('a:26379', 'b:26380'), name: 'main', db: 1, auth: {} },
    ],
    ['redis+cluster://a:7000,b', { kind: 'cluster', nodes: nodes('a:7000', 'b:6379'), auth: {} }],
    ['rediss+cluster://a', { kind: 'cluster', nodes: nodes('a:6379'), auth: {}, tls: {} }],
  ])('%s is read', (url, target) => {
    expect(parseRedisUrl(url, 'REDIS_URL')).toEqual(target);
  });

  test.each([
    ['localhost:6379', 'is not a Redis URL → redis://host:6379/0'],
    ['http://h', 'has the scheme "http"'],
    ['redis://a,b', 'names several hosts'],
    ['redis://h/name', 'a number, such as /0'],
    ['redis://h:0', 'has a host that cannot be read'],
    ['redis://', 'has a host that cannot be read'],
    ['redis://h?db=1', 'has "?" options'],
    ['redis://:50%@h', 'bare "%"'],
    ['unix://run/redis.sock', 'three slashes'],
    ['redis+sentinel://a', 'names no primary'],
    ['redis+cluster://a/1', 'database 0 only'],
  ])('%s is refused', (url, words) => {
    expect(refusal(() => parseRedisUrl(url, 'REDIS_URL'))).toContain(words);
  });

  test('is refused without showing the password', () => {
    for (const url of ['redis://u:hunter2', 'redis://:hunter2', 'redis://u:hunter2@h/x', 'ftp://u:hunter2@h']) {
      expect(refusal(() => parseRedisUrl(url, 'REDIS_URL'))).not.toContain('hunter2');
    }
  });

  test('that cannot be read throws a coded error, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'redis://', 'unix://', 'redis+sentinel://'), (text, scheme) => {
        try {
          expect(parseRedisUrl(`${scheme}${text}`, 'X').kind).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(BelfryError);
        }
      }),
    );
  });
});

test('a described target hides the password and reads back as the same place', () => {
  for (const url of [
    'redis://h:1/3',
    'unix:///s.sock/2',
    'rediss://[::1]:1/0',
    'redis+sentinel://a:1,b:2/main/1',
    'redis+cluster://a:1',
  ]) {
    const target = parseRedisUrl(url, 'X');
    expect(parseRedisUrl(describeTarget(target), 'X')).toEqual(target);
    const withAuth = describeTarget(parseRedisUrl(url, 'X', { auth: { username: 'u', password: 'secret' } }));
    expect(withAuth).toContain('u:***@');
    expect(withAuth).not.toContain('secret');
  }
});

describe('secrets', () => {
  test('may stand in files, as mounted by Docker and Kubernetes', () => {
    const env = {
      REDIS_URL_FILE: write('url', 'redis://app@h:7000\n'),
      REDIS_PASSWORD_FILE: write('password', 's3cret\n'),
    };
    expect(load(env).redis).toEqual({
      ...single,
      host: 'h',
      port: 7000,
      auth: { username: 'app', password: 's3cret' },
    });
  });

  test('may not be given twice', () => {
    const env = { REDIS_URL: 'redis://h', REDIS_PASSWORD: 'a', REDIS_PASSWORD_FILE: write('p2', 'b') };
    expect(refusal(() => load(env))).toContain('REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set');
  });

  test('whose file is missing are refused by the name of the variable', () => {
    expect(refusal(() => load({ REDIS_URL_FILE: '/no/such/file' }))).toContain(
      'REDIS_URL_FILE: cannot read /no/such/file',
    );
  });

  test('beside the URL fill in what the URL leaves out', () => {
    const beside = { REDIS_USERNAME: 'env', REDIS_PASSWORD: 'env' };
    expect(load({ ...beside, REDIS_URL: 'redis://own:own@h' }).redis).toMatchObject({
      auth: { username: 'own', password: 'own' },
    });
    expect(load({ ...beside, BELFRY_REDIS_URL: 'redis://h', REDIS_URL: 'redis://other' }).redis).toMatchObject({
      host: 'h',
      auth: { username: 'env', password: 'env' },
    });
  });

  test('of the Sentinels are apart from those of Redis', () => {
    const env = { REDIS_URL: 'redis+sentinel://a/main', REDIS_PASSWORD: 'data', REDIS_SENTINEL_PASSWORD: 'watch' };
    expect(load(env).redis).toMatchObject({ auth: { password: 'data' }, sentinelAuth: { password: 'watch' } });
  });
});

describe('TLS', () => {
  const pem = write('ca.pem', '-----BEGIN CERTIFICATE-----\n');

  test('takes PEM files', () => {
    expect(load({ REDIS_URL: 'rediss://h', REDIS_TLS_CA: pem }).redis).toMatchObject({
      tls: { ca: expect.stringContaining('BEGIN') as string },
    });
  });

  test.each<[Environment, string]>([
    [{ REDIS_URL: 'redis://h', REDIS_TLS_CA: pem }, 'write rediss://'],
    [{ REDIS_URL: '/run/r.sock', REDIS_TLS_CA: pem }, 'no TLS'],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_CERT: pem }, 'REDIS_TLS_KEY is not set'],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_CA: write('x.txt', 'no') }, 'PEM'],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_CA: '/no/such' }, 'REDIS_TLS_CA: cannot read /no/such'],
  ])('that cannot work is refused: %j', (env, words) => {
    expect(refusal(() => load(env))).toContain(words);
  });
});

describe('the lock nodes', () => {
  test('are an odd number together with the data Redis', () => {
    expect(load({ BELFRY_REDLOCK: 'redis://a, redis://b:7000' }).redlock).toMatchObject([
      { host: 'a' },
      { host: 'b', port: 7000 },
    ]);
    expect(refusal(() => load({ BELFRY_REDLOCK: 'redis://a' }))).toContain(
      'BELFRY_REDLOCK and the data Redis make 2 lock nodes',
    );
  });

  test('are single servers', () => {
    expect(refusal(() => load({ BELFRY_REDLOCK: 'redis+cluster://a redis://b' }))).toContain('node 1 is a cluster');
  });

  test('may be a list in the file', () => {
    const file = write('lock.json', JSON.stringify({ redlock: ['redis://a', 'redis://b'], redisUrl: 'redis://h' }));
    expect(loadConfig({ env: {}, cwd: folder, file })).toMatchObject({
      redis: { host: 'h' },
      redlock: [{ host: 'a' }, { host: 'b' }],
    });
    const bad = write('bad.json', JSON.stringify({ redisUrl: 7 }));
    expect(refusal(() => loadConfig({ env: {}, cwd: folder, file: bad }))).toContain('redisUrl is 7');
  });
});

function nodes(...texts: string[]): { host: string; port: number }[] {
  return texts.map((text) => ({ host: text.split(':')[0] ?? '', port: Number(text.split(':')[1]) }));
}
