import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import type { Desk } from '../../src/cli/desk.ts';
import { loadConfig } from '../../src/config.ts';
import type { Config } from '../../src/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { ofKind, renderChart } from '../support/chart.ts';
import type { Manifest } from '../support/chart.ts';
import { isRecord, textAt, valueAt } from '../support/chart/address.ts';
import { allRenderings } from '../support/chart/ci_values.ts';
import { nameOf, podsOf } from '../support/chart/pods.ts';
import type { Container, Pod } from '../support/chart/pods.ts';

/** Every container that runs Belfry, and the pod and the rendering that it is in. */
type Place = { where: string; manifests: readonly Manifest[]; pod: Pod; container: Container };

const folder = mkdtempSync(join(tmpdir(), 'belfry-chart-env-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let places: readonly Place[] = [];
beforeAll(async () => {
  places = (await allRenderings()).flatMap(([values, manifests]) =>
    podsOf(manifests).flatMap((pod) =>
      pod.spec.containers
        .filter(({ env = [] }) => env.some(({ name }) => name === 'BELFRY_DATA'))
        .map((container) => ({
          where: `${values}: ${nameOf(pod.owner)} ${container.name}`,
          manifests,
          pod,
          container,
        })),
    ),
  );
});

const KEY = Buffer.alloc(32, 7).toString('base64');
/** What a Secret of the chart's user may hold. */
const SECRETS: Readonly<Record<string, string>> = {
  REDIS_URL: 'rediss://redis.example.com:6379/0',
  REDIS_PASSWORD: 'secret',
  REDIS_SENTINEL_PASSWORD: 'secret',
  BELFRY_REDLOCK: 'redis://a:6379,redis://b:6379',
  BELFRY_API_TOKEN: 'a-token-of-32-characters-or-more',
  BELFRY_PAYLOAD_KEYS: `k1:${KEY}`,
  BELFRY_SIGNING_KEYS: `k1:${KEY}`,
};
const PEM = '-----BEGIN CERTIFICATE-----\n';

/** The container's variables as its process will see them, with files that stand for those of Secrets. */
function environmentOf({ where, manifests, container }: Place): Record<string, string> {
  const variables = (container.env ?? []).map(({ name, value, valueFrom }) => {
    const reference = valueFrom?.secretKeyRef;
    if (reference === undefined) return [name, value ?? 'x'] as const;
    const own = ofKind(manifests, 'Secret').find(({ metadata }) => metadata.name === reference.name);
    const data = valueAt(own, `data[${reference.key}]`);
    if (own !== undefined) expect(data, `${where}: ${reference.key} of ${nameOf(own)}`).toBeTypeOf('string');
    const secret = typeof data === 'string' ? Buffer.from(data, 'base64').toString() : SECRETS[name];
    return [name, secret ?? 'x'] as const;
  });
  return Object.fromEntries(variables.map(([name, value]) => [name, isTlsFile(name) ? pemFile() : value]));
}

function isTlsFile(name: string): boolean {
  return name.startsWith('REDIS_TLS_');
}

function pemFile(): string {
  const file = join(folder, 'tls.pem');
  writeFileSync(file, PEM);
  return file;
}

/** What Belfry makes of it all: throws for a variable that it does not know and for a value that it refuses. */
function configOf(place: Place): Config {
  const { manifests, pod, container } = place;
  const args = container.args ?? [];
  const at = args.indexOf('--config');
  const cwd = mkdtempSync(join(folder, 'cwd-'));
  if (at === -1) return loadConfig({ env: environmentOf(place), cwd });
  const path = args[at + 1] ?? '';
  const mount = container.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const volume = pod.spec.volumes?.find(({ name }) => name === mount?.name)?.configMap;
  const item = volume?.items?.find((candidate) => `${mount?.mountPath ?? ''}/${candidate.path}` === path);
  const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume?.name);
  const text = valueAt(map, `data[${item?.key ?? ''}]`);
  if (typeof text !== 'string') throw new Error(`${place.where}: no ConfigMap holds ${path}`);
  mkdirSync(join(cwd, 'config'));
  const file = join(cwd, 'config/belfry.config.json');
  writeFileSync(file, text);
  return loadConfig({ env: environmentOf(place), cwd, file });
}

describe('every container of Belfry', () => {
  test('is configured with variables and a file that Belfry knows and takes', () => {
    expect(places.length).toBeGreaterThan(40);
    for (const place of places) expect(() => configOf(place), place.where).not.toThrow();
  });

  test('finds its Redis, listens to the network, and keeps its data on a volume', () => {
    for (const place of places) {
      const config = configOf(place);
      expect(config.redis.kind, place.where).not.toBe('embedded');
      expect(config.http.host, place.where).toMatch(/^(?:0\.0\.0\.0|::)$/);
      const mounts = (place.container.volumeMounts ?? []).filter(({ readOnly }) => readOnly !== true);
      expect(
        mounts.map(({ mountPath }) => mountPath),
        place.where,
      ).toContain(config.dataFolder);
      const [port] = place.container.ports ?? [];
      if (port !== undefined) expect(port.containerPort, place.where).toBe(config.http.port);
    }
  });

  test('of a pool has just that pool, with its queues and slots', () => {
    let pools = 0;
    for (const place of places) {
      const pool = place.pod.labels['belfry.dev/pool'];
      if (pool === undefined) continue;
      pools += 1;
      const args = place.container.args ?? [];
      expect(args[args.indexOf('--pool') + 1], place.where).toBe(pool);
      expect(Object.keys(configOf(place).pools), place.where).toEqual([pool]);
    }
    expect(pools).toBeGreaterThan(10);
  });

  test('is given the token of the API only where it answers for it', () => {
    const holders = places.filter(({ container }) => container.env?.some(({ name }) => name === 'BELFRY_API_TOKEN'));
    expect(holders.length).toBeGreaterThan(0);
    for (const { where, pod } of holders) expect(pod.labels['app.kubernetes.io/component'], where).toBe('api');
  });

  test('runs a command that Belfry has, with options that it takes', async () => {
    const program = await createProgram({ version: '0.0.0' } as Partial<Desk> as Desk, () => undefined, []);
    for (const { where, container } of places) {
      const [name = '', ...rest] = container.args ?? [];
      const command = program.commands.find((candidate) => candidate.name() === name);
      expect(command?.name(), where).toBe(name);
      const flags = rest.filter((word) => word.startsWith('--'));
      const known = [...(command?.options ?? []), ...program.options].map(({ long }) => long);
      expect(known, where).toEqual(expect.arrayContaining(flags));
    }
  });

  test('finds certificates where they are mounted', () => {
    let files = 0;
    for (const { where, container } of places) {
      for (const { name, value = '' } of container.env ?? []) {
        if (!isTlsFile(name)) continue;
        files += 1;
        expect(
          container.volumeMounts?.some(({ mountPath }) => value.startsWith(`${mountPath}/`)),
          `${where} ${name}`,
        ).toBe(true);
      }
    }
    expect(files).toBeGreaterThan(0);
  });
});

test('every setting of Belfry can be set through values, but for those that the chart itself decides', async () => {
  const byTheChart = ['data', 'drain', 'queues', 'queueOrder', 'pools', 'lintBudget', 'lintRequireOwner'];
  const wanted = Object.keys(SETTINGS).filter((key) => !byTheChart.includes(key));
  const written = await valuesOfConfig();
  expect(Object.keys(written).toSorted()).toEqual(wanted.toSorted());
});

/** `config` of the defaults, as the chart itself reads it. */
async function valuesOfConfig(): Promise<Readonly<Record<string, unknown>>> {
  const [shown] = await renderChart({
    extraObjects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'config' },
        data: { json: '{{ toJson .Values.config | b64enc }}' },
      },
    ],
  }).then((manifests) => manifests.filter(({ metadata }) => metadata.name === 'config'));
  const config: unknown = JSON.parse(Buffer.from(textAt(shown, 'data.json'), 'base64').toString());
  if (!isRecord(config)) throw new Error('values have no config');
  return config;
}
