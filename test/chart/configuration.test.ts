import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import type { Config } from '../../src/config.ts';
import { SECRETS } from '../../src/config/environment.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { choosePools } from '../../src/roles/pools.ts';
import { CHART, find, renderChart } from '../support/chart.ts';
import type { Manifest } from '../support/chart.ts';
import { isRecord, valueAt } from '../support/chart/address.ts';
import { allRenderings, ciFiles } from '../support/chart/ci_values.ts';
import { belfryFault } from '../support/chart/command_lines.ts';
import { nameOf, podsOf } from '../support/chart/pods.ts';
import type { Container } from '../support/chart/pods.ts';

const root = join(CHART, '../..');
const PEM = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const KEY = `k1:${Buffer.alloc(32).toString('base64')}`;

/** What the Secrets of the cluster would say. */
const IN_SECRETS: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://redis:6379/0',
  REDIS_PASSWORD: 'secret',
  REDIS_SENTINEL_PASSWORD: 'secret',
  BELFRY_REDLOCK: 'redis://lock-0:6379,redis://lock-1:6379',
  BELFRY_API_TOKEN: 'a-token-of-more-than-16-characters',
  BELFRY_PAYLOAD_KEYS: KEY,
  BELFRY_SIGNING_KEYS: KEY,
};

/** Set by the chart itself, or about a process that is no pod of it. */
const NOT_IN_VALUES = ['data', 'drain', 'pools', 'queues', 'queueOrder', 'lintBudget', 'lintRequireOwner'];

let renderings: readonly (readonly [string, readonly Manifest[]])[] = [];
beforeAll(async () => {
  renderings = await allRenderings();
});

type Found = { where: string; container: Container; manifests: readonly Manifest[] };

/** Every container that runs Belfry. */
function everyBelfry(): readonly Found[] {
  return renderings.flatMap(([values, manifests]) =>
    podsOf(manifests).flatMap(({ owner, spec }) =>
      spec.containers
        .filter(({ args = [] }) => args.length > 0)
        .map((container) => ({ where: `${values}: ${nameOf(owner)} ${container.name}`, container, manifests })),
    ),
  );
}

/** The variables of a container as its process would see them. */
function variablesOf({ env = [] }: Container, pem: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      if (value !== undefined) return [name, name.startsWith('REDIS_TLS_') ? pem : value];
      if (valueFrom?.secretKeyRef === undefined) return [name, 'from the pod'];
      expect([...SECRETS, 'OTEL_EXPORTER_OTLP_HEADERS']).toContain(name);
      return [name, IN_SECRETS[name] ?? 'secret'];
    }),
  );
}

/** The configuration that Belfry reads in a container, with the file of its pool where it has one. */
function configOf({ container, manifests }: Found): Config {
  const folder = mkdtempSync(join(tmpdir(), 'belfry-chart-'));
  try {
    const pem = join(folder, 'x.pem');
    writeFileSync(pem, PEM);
    const pool = poolOf(container);
    const file = join(folder, 'belfry.config.json');
    if (pool !== undefined) writeFileSync(file, poolFile(manifests, pool));
    return loadConfig({ env: variablesOf(container, pem), cwd: folder, ...(pool === undefined ? {} : { file }) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function poolOf({ args = [] }: Container): string | undefined {
  return args.includes('--pool') ? args[args.indexOf('--pool') + 1] : undefined;
}

function poolFile(manifests: readonly Manifest[], pool: string): string {
  const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.endsWith('-pools'));
  return String(valueAt(map, `data[${pool}.json]`));
}

describe('every container that runs Belfry', () => {
  test('has a configuration that Belfry takes, and a Redis to share', () => {
    expect(everyBelfry().length).toBeGreaterThan(60);
    for (const found of everyBelfry()) {
      const config = configOf(found);
      expect(config.redis.kind, found.where).not.toBe('embedded');
      expect(config.dataFolder, found.where).toBe('/var/lib/belfry');
      expect(config.http.host, found.where).not.toBe('127.0.0.1');
      expect(config.http.port, found.where).toBe(found.container.ports?.[0]?.containerPort ?? config.http.port);
    }
  });

  test('is started with a command and flags that there are', () => {
    for (const { where, container } of everyBelfry()) expect(belfryFault(container.args ?? []), where).toBeUndefined();
  });

  test('that works for a pool finds this pool alone in its file, as values say it', () => {
    let pools = 0;
    for (const found of everyBelfry()) {
      const pool = poolOf(found.container);
      if (pool === undefined) continue;
      pools += 1;
      expect(
        choosePools(configOf(found), [pool]).map(({ name }) => name),
        found.where,
      ).toEqual([pool]);
    }
    expect(pools).toBeGreaterThan(12);
  });

  test('is given the token of the API only where it answers the API', () => {
    for (const { where, container } of everyBelfry()) {
      const hasToken = container.env?.some(({ name }) => name === 'BELFRY_API_TOKEN') === true;
      if (hasToken) expect(container.args, where).toEqual(['start', '--role', 'api']);
    }
  });
});

test('Redis is read as values say it: Sentinel, Cluster with TLS, one server', async () => {
  const redisWith = async (file: string): Promise<Config['redis']> => {
    const manifests = await renderChart(ciFiles()[file] ?? '');
    const [pod] = podsOf([find(manifests, 'Deployment', 'bt-belfry-scheduler')]);
    return configOf({ where: file, container: pod?.spec.containers[0] as Container, manifests }).redis;
  };
  expect(await redisWith('external-redis-values.yaml')).toMatchObject({
    kind: 'single',
    host: 'redis.data.svc',
    auth: { password: 'secret' },
  });
  expect(await redisWith('sentinel-values.yaml')).toMatchObject({ kind: 'sentinel', name: 'belfry', db: 2 });
  expect(await redisWith('cluster-tls-values.yaml')).toMatchObject({
    kind: 'cluster',
    auth: { username: 'belfry', password: 'secret' },
    tls: { ca: PEM, cert: PEM, key: PEM },
  });
});

test('values name every setting that a pod can have, and no other', () => {
  const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as { config: Record<string, unknown> };
  const settings = Object.keys(SETTINGS).filter((key) => !NOT_IN_VALUES.includes(key));
  expect(Object.keys(values.config).toSorted()).toEqual(settings.toSorted());
});

test('the schema knows every key of values, and values are what the schema asks for', () => {
  const values: unknown = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'));
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Record<string, unknown>;
  expect(missingIn(values, schema, schema)).toEqual([]);
});

/** Paths of values that a closed schema does not name. */
function missingIn(values: unknown, schema: Record<string, unknown>, whole: Record<string, unknown>): string[] {
  const reference = String(schema['$ref'] ?? '').replace('#/definitions/', '');
  const resolved = reference === '' ? schema : valueAt(whole, `definitions.${reference}`);
  if (!isRecord(values) || !isRecord(resolved) || resolved['additionalProperties'] !== false) return [];
  const known = isRecord(resolved['properties']) ? resolved['properties'] : {};
  return Object.entries(values).flatMap(([key, value]) => {
    const below = known[key];
    if (!isRecord(below)) return [key];
    return missingIn(value, below, whole).map((path) => `${key}.${path}`);
  });
}

test('the chart installs the Belfry that it lies beside', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as { appVersion: string };
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(chart.appVersion).toBe(version);
});
