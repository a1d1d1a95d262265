import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { parseDuration } from '../../src/core/time/duration.ts';
import { connectRedis } from '../../src/store/connect.ts';
import { inspectRedis } from '../../src/store/suitability.ts';
import { lastOf, readWords } from '../support/image/dockerfile.ts';
import { startRedis } from '../support/redis.ts';
import { image, imageEnvironment, KILL_AFTER_MS, manifest, readRepository, ROOT } from './files.ts';

type Service = {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  read_only?: boolean;
  tmpfs?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
  scale?: number;
  networks?: string[];
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
};
type Compose = { services: Record<string, Service>; volumes: Record<string, null>; networks: Record<string, null> };

const FOLDER = join(ROOT, 'deploy/compose');
const text = readRepository('deploy/compose/compose.yaml');
const { services, volumes, networks } = parse(text, { merge: true }) as Compose;
const all = Object.entries(services);
const belfrys = all.filter(([, { image: from }]) => from.includes('belfry:'));

/** What a value is where nobody sets its variable. */
const withDefaults = (value: string): string => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

/** What is mounted from the host: its place and where it appears. */
const bindsOf = ({ volumes: mounts = [] }: Service): [string, string][] =>
  mounts
    .map((mount) => withDefaults(mount).split(':') as [string, string])
    .filter(([source]) => source.startsWith('.'));

describe('the compose file', () => {
  test('runs two schedulers, a worker for each pool and the API', () => {
    const { pools } = loadConfig({ env: {}, cwd: FOLDER });
    const commands = belfrys.map(([, { command = [], scale = 1 }]) => `${String(scale)}× ${command.join(' ')}`);
    expect(commands.toSorted()).toEqual(
      [
        '2× start --role scheduler',
        '1× start --role api',
        ...Object.keys(pools).map((pool) => `1× start --role worker --pool ${pool}`),
      ].toSorted(),
    );
  });

  test.each(belfrys)('%s gets variables that Belfry knows, and a Redis', (_name, { environment = {} }) => {
    const filled = Object.entries(environment).map(([key, value]) => [
      key,
      value.replace(/^\$\{.*\}$/, 'x'.repeat(64)),
    ]);
    const env = { ...imageEnvironment, ...(Object.fromEntries(filled) as Record<string, string>) };
    const { redis } = loadConfig({ env, cwd: '/nowhere' });
    expect(redis).toMatchObject({ kind: 'single', host: 'valkey', port: 6379 });
  });

  test.each(belfrys)(
    '%s can write to the volumes of the image and nowhere else',
    (_name, { read_only: isReadOnly, tmpfs = [] }) => {
      expect(isReadOnly).toBe(true);
      expect(tmpfs.map((mount) => mount.replace(/:.*/, '')).toSorted()).toEqual(
        readWords(lastOf(image, 'VOLUME')).toSorted(),
      );
      const [uid, gid] = lastOf(image, 'USER').split(':');
      expect(tmpfs.find((mount) => mount.startsWith('/var/lib'))).toContain(`uid=${String(uid)},gid=${String(gid)}`);
    },
  );

  test.each(belfrys)(
    '%s has the time to drain before it is killed',
    (_name, { environment = {}, stop_grace_period: grace = '0s' }) => {
      const drainMs = parseDuration(environment['BELFRY_DRAIN'] ?? '');
      expect(parseDuration(grace)).toBeGreaterThan(drainMs + KILL_AFTER_MS);
    },
  );

  test.each(all)('%s is of a pinned version, without capabilities, on a root that is read-only', (_name, service) => {
    expect(withDefaults(service.image)).toMatch(/:v?\d+\.\d+\.\d+(?:-\w+)?$/);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      networks: Object.keys(networks),
    });
  });

  test.each(all)(
    '%s waits for services that are there, and for health only where it is asked after',
    (_name, service) => {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(services, other).toHaveProperty(other);
        if (condition === 'service_healthy') expect(services[other], other).toHaveProperty('healthcheck');
      }
    },
  );

  test.each(all)('%s mounts what is in the repository, read-only, and volumes that are declared', (_name, service) => {
    for (const [source] of bindsOf(service)) expect(existsSync(join(FOLDER, source)), source).toBe(true);
    for (const mount of service.volumes ?? []) {
      const [source = '', , mode] = withDefaults(mount).split(':');
      if (source.startsWith('.')) expect(mode, mount).toBe('ro');
      else expect(volumes, mount).toHaveProperty([source]);
    }
  });

  test('publishes ports to this machine only', () => {
    for (const [name, { ports = [] }] of all) for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    expect(services['valkey']).not.toHaveProperty('ports');
  });

  test('holds no secret: each is asked for by name, and the example of .env names it without a value', () => {
    const secrets = all
      .flatMap(([, { environment = {} }]) => Object.entries(environment))
      .filter(([name]) => /PASSWORD|TOKEN|SECRET|KEY/.test(name));
    const asked = secrets.map(([, value]) => /^\$\{(\w+):\?[^}]+\}$/.exec(value)?.[1] ?? value);
    expect(asked.toSorted()).toEqual(['BELFRY_API_TOKEN', 'GRAFANA_PASSWORD']);
    const example = readRepository('deploy/compose/.env.example');
    for (const name of asked) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'));
    const optional = [...text.matchAll(/\$\{(\w+):-/g)].map(([, name]) => String(name));
    for (const name of optional) expect(example).toMatch(new RegExp(`^#${name}=`, 'm'));
    expect(readRepository('.gitignore')).toMatch(/^\.env$/m);
  });

  test('takes the image of this version', () => {
    expect(withDefaults(belfrys[0]?.[1].image ?? '')).toBe(`belfry:${manifest.version}`);
  });

  test('is taken by docker compose, where there is one', () => {
    const { status } = spawnSync('docker', ['compose', 'version']);
    if (status !== 0) return;
    const env = { ...process.env, BELFRY_API_TOKEN: 'x', GRAFANA_PASSWORD: 'x' };
    const { stderr, status: code } = spawnSync('docker', ['compose', 'config', '--quiet'], {
      cwd: FOLDER,
      env,
      encoding: 'utf8',
    });
    expect(code, stderr).toBe(0);
  });

  test('starts a Redis of which Belfry has nothing to complain', async () => {
    const [server, ...args] = services['valkey']?.command ?? [];
    expect(server).toBe('valkey-server');
    const redis = await startRedis({ args });
    const connection = connectRedis(redis.target, 'control', 'compose');
    await connection.connect();
    const findings = await inspectRedis(connection);
    connection.disconnect();
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  });
});
