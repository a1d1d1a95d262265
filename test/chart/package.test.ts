import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, find, ofKind, renderChart, renderRefusal, runHelm } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { valueAt } from '../support/chart/address.ts';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'belfry-chart-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const readYaml = (file: string): Values => parse(readFileSync(file, 'utf8')) as Values;

describe('the package of the chart', () => {
  test('holds what an installation needs and nothing of what its developers need', async () => {
    const { code, stderr } = await runHelm(['package', CHART, '--destination', folder]);
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    const files = spawnSync('tar', ['-tzf', join(folder, tarball)], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
    for (const name of ['Chart.yaml', 'values.yaml', 'values.schema.json', 'README.md', 'templates/NOTES.txt']) {
      expect(files).toContain(`belfry/${name}`);
    }
    for (const name of ['rules/jobs.yaml', 'dashboards/fleet.json', 'grafana-alerts/belfry.yaml']) {
      expect(files).toContain(`belfry/files/${name}`);
    }
    expect(files.filter((file) => /(?:^belfry\/ci\/|\/tests\/.*_test|\.test\.|\.ts$|\.tgz$)/.test(file))).toEqual([]);
  });

  test('renders the same as the folder that it was made of', async () => {
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    const values = {
      valkey: { auth: { password: 'given' } },
      metrics: { dashboards: { enabled: true }, prometheusRule: { enabled: true } },
    };
    expect(await renderChart(values, { chart: join(folder, tarball) })).toEqual(await renderChart(values));
  });

  test('names the version of Belfry', () => {
    const { version } = JSON.parse(readFileSync(join(repo, 'package.json'), 'utf8')) as { version: string };
    expect(readYaml(join(CHART, 'Chart.yaml'))['appVersion']).toBe(version);
  });

  test('is refused by a Kubernetes that is too old for it', async () => {
    expect(await renderRefusal({}, { kubeVersion: '1.29.0' })).toMatch(/requires kubeVersion: >=1\.30/);
  });
});

describe("in a chart of one's own", () => {
  const parent = join(folder, 'parent');
  mkdirSync(join(parent, 'charts'), { recursive: true });
  mkdirSync(join(parent, 'templates'));
  symlinkSync(CHART, join(parent, 'charts/belfry'));
  const dependency = {
    name: 'belfry',
    version: '>=0.0.0-0',
    repository: `file://${CHART}`,
    condition: 'belfry.enabled',
  };
  const chart = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] };
  writeFileSync(join(parent, 'Chart.yaml'), JSON.stringify(chart));
  const own = {
    global: { imageRegistry: 'registry.example.com', imagePullSecrets: ['pull'], postgresql: { auth: { user: 'x' } } },
    belfry: { enabled: true, scheduler: { replicas: 3 } },
  };
  writeFileSync(join(parent, 'values.yaml'), JSON.stringify(own));

  test('it takes global values, a condition and its own values', async () => {
    const manifests = await renderChart({}, { chart: parent });
    const scheduler = find(manifests, 'Deployment', 'bt-belfry-scheduler');
    expect(valueAt(scheduler, 'spec.replicas')).toBe(3);
    expect(valueAt(scheduler, 'spec.template.spec.containers[belfry].image')).toMatch(/^registry\.example\.com\//);
    expect(valueAt(scheduler, 'spec.template.spec.imagePullSecrets')).toEqual([{ name: 'pull' }]);
    for (const { spec } of ofKind(manifests, 'StatefulSet')) {
      expect(valueAt(spec, 'template.spec.containers[valkey].image')).toMatch(/^registry\.example\.com\//);
    }
  });

  test('it is gone when its condition is false, and its schema refuses what it refuses alone', async () => {
    await expect(renderChart({ belfry: { enabled: false } }, { chart: parent })).resolves.toEqual([]);
    const said = await renderRefusal({ belfry: { scheduler: { replicas: 'x' } } }, { chart: parent });
    expect(said).toContain("at '/scheduler/replicas': got string, want integer");
  });
});

describe('the table of values in README.md', () => {
  const script = 'scripts/chart_readme.mjs';
  const check = (root: string): number | null =>
    spawnSync(process.execPath, [join(root, script), '--check'], { stdio: 'ignore' }).status;

  test('is fresh (else: node scripts/chart_readme.mjs)', () => {
    expect(check(repo)).toBe(0);
  });

  test('is not, once a value or its words have changed', () => {
    const copy = join(folder, 'copy');
    mkdirSync(join(copy, 'scripts'), { recursive: true });
    symlinkSync(join(repo, 'node_modules'), join(copy, 'node_modules'));
    cpSync(join(repo, script), join(copy, script));
    cpSync(CHART, join(copy, 'charts/belfry'), { recursive: true });
    expect(check(copy)).toBe(0);
    const values = join(copy, 'charts/belfry/values.yaml');
    writeFileSync(values, readFileSync(values, 'utf8').replace('shards: 1', 'shards: 2'));
    expect(check(copy)).toBe(1);
  });
});
