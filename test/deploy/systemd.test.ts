import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { parseDuration } from '../../src/core/time/duration.ts';
import { KILL_AFTER_MS, readRepository, ROOT } from './files.ts';

type Unit = Readonly<Record<string, readonly string[]>>;

const FOLDER = 'deploy/systemd';
const files = readdirSync(join(ROOT, FOLDER));
const services = files.filter((name) => name.endsWith('.service'));

/** The settings of a unit as `Section.Name`, each with all of its lines. Throws for a line that is none. */
function readUnit(text: string): Unit {
  const unit: Record<string, string[]> = {};
  let section = '';
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) {
      section = heading;
      continue;
    }
    const [, name, value = ''] = /^([A-Z]\w*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || section === '') throw new Error(`no setting: ${line}`);
    (unit[`${section}.${name}`] ??= []).push(value);
  }
  return unit;
}

const unitOf = (name: string): Unit => readUnit(readRepository(`${FOLDER}/${name}`));

/** `A=1 B=2` of Environment= as an environment, with `%i` of an instance. */
const environmentOf = (unit: Unit): Record<string, string> =>
  Object.fromEntries(
    (unit['Service.Environment'] ?? []).flatMap((line) =>
      line.split(' ').map((pair) => pair.split('=') as [string, string]),
    ),
  );

describe('the units', () => {
  test('are one for each role, and a target', () => {
    expect(files.filter((name) => /\.(?:service|target)$/.test(name)).toSorted()).toEqual([
      'belfry-api.service',
      'belfry-scheduler.service',
      'belfry-worker@.service',
      'belfry.target',
    ]);
    expect(services.map((name) => unitOf(name)['Service.ExecStart']?.[0])).toEqual([
      '/usr/bin/belfry start --role api',
      '/usr/bin/belfry start --role scheduler',
      '/usr/bin/belfry start --role worker --pool %i',
    ]);
  });

  test.each(services)('%s comes back whatever ends it, with the target', (name) => {
    expect(unitOf(name)).toMatchObject({
      'Service.Restart': ['always'],
      'Unit.StartLimitIntervalSec': ['0'],
      'Unit.PartOf': ['belfry.target'],
      'Install.WantedBy': ['belfry.target'],
    });
  });

  test.each(services)(
    '%s is asked to stop by itself, not with the programs of its runs, and has the time to drain',
    (name) => {
      const unit = unitOf(name);
      expect(unit).toMatchObject({ 'Service.KillSignal': ['SIGTERM'], 'Service.KillMode': ['mixed'] });
      const { drainMs } = loadConfig({ env: environmentOf(unit), cwd: '/nowhere' });
      expect(parseDuration(unit['Service.TimeoutStopSec']?.[0] ?? '')).toBeGreaterThan(drainMs + KILL_AFTER_MS);
    },
  );

  test.each(services)('%s runs without rights, and may compile while it runs', (name) => {
    const unit = unitOf(name);
    expect(unit).toMatchObject({
      'Service.User': ['belfry'],
      'Service.NoNewPrivileges': ['yes'],
      'Service.CapabilityBoundingSet': [''],
      'Service.ProtectSystem': ['strict'],
      'Service.StateDirectory': ['belfry'],
    });
    expect(unit).not.toHaveProperty(['Service.MemoryDenyWriteExecute']);
    expect(readRepository(`${FOLDER}/belfry.sysusers`)).toMatch(/^u belfry - /m);
  });

  test.each(services)('%s may ask for the interfaces of its host, as listening on 0.0.0.0 does', (name) => {
    expect(unitOf(name)['Service.RestrictAddressFamilies']?.[0]?.split(' ')).toEqual([
      'AF_INET',
      'AF_INET6',
      'AF_UNIX',
      'AF_NETLINK',
    ]);
  });

  test('set variables that Belfry knows, and a port each', () => {
    const configs = services.map((name) => loadConfig({ env: environmentOf(unitOf(name)), cwd: '/srv/belfry' }));
    expect(new Set(configs.map(({ http }) => http.port)).size).toBe(services.length);
    expect(configs.map(({ dataFolder }) => dataFolder)).toEqual(services.map(() => '/var/lib/belfry'));
  });

  test('read one file for all and one for each role', () => {
    expect(services.map((name) => unitOf(name)['Service.EnvironmentFile'])).toEqual([
      ['/etc/belfry/belfry.env', '-/etc/belfry/api.env'],
      ['/etc/belfry/belfry.env', '-/etc/belfry/scheduler.env'],
      ['/etc/belfry/belfry.env', '-/etc/belfry/worker-%i.env'],
    ]);
    const example = readRepository(`${FOLDER}/belfry.env.example`);
    const pairs = [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, variable = '', value = '']) => [variable, value]);
    const config = loadConfig({ env: Object.fromEntries(pairs) as Record<string, string>, cwd: '/srv/belfry' });
    expect(config).toMatchObject({ redis: { kind: 'single' }, jobsFolder: '/srv/belfry/jobs' });
  });

  test('start a package that is compiled as it is packed: a clone has no dist/ until something builds it', () => {
    const { files: packed, scripts } = JSON.parse(readRepository('package.json')) as {
      files: string[];
      scripts: Record<string, string>;
    };
    expect(packed).toContain('dist');
    expect(scripts['prepack']).toBe(scripts['build']);
  });

  test('hold what systemd-analyze asks of them, where it is there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-units-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const name of [...services, 'belfry.target']) {
      // What it starts must be there for the check.
      const text = readRepository(`${FOLDER}/${name}`).replace('/usr/bin/belfry', process.execPath);
      writeFileSync(join(folder, name.replace('@.', '@default.')), text);
    }
    const paths = readdirSync(folder).map((name) => join(folder, name));
    const { error, stderr, status } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    expect(error === undefined ? { status, stderr } : { status: 0, stderr: '' }).toEqual({ status: 0, stderr: '' });
  });
});
