import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../src/config.ts';
import type { Config } from '../../src/config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { BelfryError } from '../../src/core/errors.ts';

const cwd = mkdtempSync(join(tmpdir(), 'belfry-config-'));

afterAll(() => {
  rmSync(cwd, { recursive: true });
});

const load = (env: Environment): Config => loadConfig({ env, cwd });
const loadFile = (content: unknown, env: Environment = {}): Config => {
  const file = join(mkdtempSync(join(cwd, 'file-')), 'belfry.config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfig({ env, cwd, file });
};
const refusal = (act: () => unknown): { message: string; hint: string } => {
  try {
    act();
  } catch (error) {
    if (!(error instanceof BelfryError)) throw error;
    expect(error.code).toBe('BAD_CONFIG');
    expect(error.field).toBeTruthy();
    return { message: error.message, hint: error.hint ?? '' };
  }
  throw new Error('it was accepted');
};

describe('the configuration', () => {
  test('of nothing at all is the defaults, with an embedded Redis and folders below the working directory', () => {
    expect(load({})).toEqual({
      namespace: 'belfry',
      shards: 1,
      jobsFolder: join(cwd, 'jobs'),
      dataFolder: join(cwd, '.belfry'),
      redis: { kind: 'embedded' },
      redlock: [],
      http: { host: '127.0.0.1', port: 7_466, token: undefined },
      deployment: undefined,
      catchUpPerSecond: 50,
      metricsMaxSeries: 5_000,
      leaderTtlMs: 5_000,
      runLeaseMs: 6_000,
      drainMs: 20_000,
      startStaggerMs: 5_000,
      log: { level: 'info', format: 'auto' },
      runLogs: 'store',
      lint: { budget: undefined, owner: 'optional' },
      retention: { historyCount: 1_000, historyAgeMs: 604_800_000, historyBytes: 16_777_216, ledgerCount: 2_000 },
      caps: { payloadBytes: 65_536, resultBytes: 65_536, runLogBytes: 1_048_576 },
      sealKeys: { payload: [], signing: [], signatures: 'optional' },
      pools: { default: { queues: ['*'], concurrency: 20 } },
      file: undefined,
    });
  });

  test('takes a variable before the file and the file before the default', () => {
    const content = { shards: 4, leaderTtl: '10s', historyBytes: '1MiB', drain: 0 };
    const config = loadFile(content, { BELFRY_SHARDS: '8' });
    expect(config.shards).toBe(8);
    expect(config.leaderTtlMs).toBe(10_000);
    expect(config.retention.historyBytes).toBe(1_048_576);
    expect(config.drainMs).toBe(0);
  });

  test('honours PORT, and BELFRY_PORT before it', () => {
    expect(load({ PORT: '80' }).http.port).toBe(80);
    expect(load({ PORT: '80', BELFRY_PORT: '81' }).http.port).toBe(81);
  });

  test('takes an empty variable for an unset one', () => {
    expect(load({ BELFRY_SHARDS: '', REDIS_URL: '' })).toEqual(load({}));
  });

  test('is frozen to the bottom', () => {
    const config = load({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.pools['default']?.queues)).toBe(true);
  });

  test('reads belfry.config.json of the working directory when nobody names a file', () => {
    const folder = mkdtempSync(join(cwd, 'own-'));
    writeFileSync(join(folder, 'belfry.config.json'), '{ "namespace": "mine" }');
    expect(loadConfig({ env: {}, cwd: folder })).toMatchObject({
      namespace: 'mine',
      file: join(folder, 'belfry.config.json'),
    });
  });

  test('has a token for the API, and never shows it', () => {
    const config = load({ BELFRY_API_TOKEN: '0123456789abcdef' });
    expect(config.http.token).toBe('0123456789abcdef');
    expect(describeConfig(config)).toContain('API with a token');
    expect(describeConfig(config)).not.toContain('0123456789abcdef');
    expect(describeConfig(load({}))).toContain('API closed');
  });

  test('reads pools, each with its queues and slots', () => {
    expect(loadFile({ pools: { heavy: { queues: ['media'] }, default: { concurrency: 4 } } }).pools).toEqual({
      heavy: { queues: ['media'], concurrency: 20 },
      default: { queues: ['*'], concurrency: 4 },
    });
  });
});

describe('a value that is wrong is refused with its place and what would be right', () => {
  test.each<[Environment, string, string]>([
    [{ BELFRY_SHARDS: '0' }, 'BELFRY_SHARDS is "0"', 'a whole number from 1 to 1024'],
    [{ BELFRY_SHARDS: '1.5' }, 'BELFRY_SHARDS is "1.5"', 'a whole number'],
    [{ PORT: '70000' }, 'PORT is "70000"', 'from 0 to 65535'],
    [{ BELFRY_LEADER_TTL: 'soon' }, 'BELFRY_LEADER_TTL is "soon"', 'a duration from 1s to 60s'],
    [{ BELFRY_LEADER_TTL: '500ms' }, 'BELFRY_LEADER_TTL', 'a duration from 1s to 60s'],
    [{ BELFRY_HISTORY_BYTES: 'lots' }, 'BELFRY_HISTORY_BYTES is "lots"', 'a size from 64KiB to 1GiB'],
    [{ BELFRY_CATCH_UP_RATE: '0' }, 'BELFRY_CATCH_UP_RATE is "0"', 'a whole number from 1 to 10000'],
    [{ BELFRY_DEPLOYMENT: 'two words' }, 'BELFRY_DEPLOYMENT is "two words"', 'without spaces'],
    [{ BELFRY_API_TOKEN: 'short' }, 'BELFRY_API_TOKEN is too short', 'at least 16'],
    [{ BELFRY_LOG: 'loud' }, 'BELFRY_LOG is "loud"', 'one of debug, info, warn, error, silent'],
    [{ BELFRY_LOG_FORMAT: 'xml' }, 'BELFRY_LOG_FORMAT', 'one of pretty, json, auto'],
    [{ BELFRY_NAMESPACE: 'a{b}' }, 'BELFRY_NAMESPACE is "a{b}"', 'characters'],
    [{ BELFRY_HOST: 'a b' }, 'BELFRY_HOST is "a b"', 'host name'],
    [{ BELFRY_SHADRS: '2' }, 'the variable BELFRY_SHADRS is not known', 'did you mean BELFRY_SHARDS?'],
    [{ BELFRY_POOLS: '{}' }, 'BELFRY_POOLS', 'belfry.config.json'],
    [{ BELFRY_XQZW: '2' }, 'BELFRY_XQZW', 'known: BELFRY_NAMESPACE'],
  ])('%j', (env, message, hint) => {
    const error = refusal(() => load(env));
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test.each<[unknown, string, string]>([
    [{ shard: 2 }, 'unknown key "shard"', 'did you mean "shards"?'],
    [{ shards: 'many' }, 'belfry.config.json: shards is "many"', 'a whole number'],
    [{ drain: true }, 'drain is true', 'a duration'],
    [{ host: 7 }, 'host is 7', 'host name'],
    [{ pools: {} }, 'pools is {}', 'concurrency'],
    [{ pools: { heavy: { queue: ['a'] } } }, 'unknown key "queue"', 'did you mean "queues"?'],
    [{ pools: { heavy: { queues: [] } } }, 'pools.heavy.queues is []', 'every queue'],
    [{ pools: { heavy: { concurrency: 0 } } }, 'pools.heavy.concurrency is 0', 'from 1'],
    [{ pools: { 'a b': {} } }, '"a b"', 'letters'],
    [{ pools: { heavy: 3 } }, 'pools.heavy is 3', 'queues'],
    ['[]', 'holds no object', 'shards'],
    ['{\n  "shards": 1,\n}', 'belfry.config.json:3:1: this is not JSON', 'no comma after'],
  ])('in the file: %j', (content, message, hint) => {
    const error = refusal(() => loadFile(content));
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test('a file that was asked for and is not there', () => {
    expect(refusal(() => loadConfig({ env: {}, cwd, file: 'nowhere.json' })).message).toContain('nowhere.json');
  });
});

test('variables that Kubernetes sets for a Service named belfry are not taken for settings', () => {
  const env = {
    BELFRY_PORT: 'tcp://10.0.0.1:7466',
    BELFRY_SERVICE_HOST: '10.0.0.1',
    BELFRY_SERVICE_PORT: '7466',
    BELFRY_SERVICE_PORT_HTTP: '7466',
    BELFRY_PORT_7466_TCP: 'tcp://10.0.0.1:7466',
    BELFRY_PORT_7466_TCP_ADDR: '10.0.0.1',
    BELFRY_API_PORT: 'tcp://10.0.0.2:7466',
  };
  expect(load(env)).toEqual(load({}));
});

test('the description shows where everything is and hides what is secret', () => {
  const lines = describeConfig(load({ REDIS_URL: 'rediss://app:hunter2@redis.example:6380/3', BELFRY_DRAIN: '1m' }));
  expect(lines).toContain('rediss://app:***@redis.example:6380/3');
  expect(lines).not.toContain('hunter2');
  expect(lines).toContain('default: 20 slots on every queue');
  expect(lines).toMatch(/^drain +1m$/m);
});
