import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { installPackages } from '../support/image/build_image.ts';
import { instructionsOf } from '../support/image/dockerfile.ts';
import { manifest, packages, readRepository, ROOT } from './files.ts';

type Materials = { components: { name: string; group?: string }[] };
type Lock = { packages: Record<string, Partial<Record<'dev' | 'optional' | 'peer', boolean>>> };

type Step = {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string | boolean>;
  'working-directory'?: string;
};
type Job = {
  'runs-on': string;
  'timeout-minutes'?: number;
  steps: Step[];
  permissions?: unknown;
  strategy?: { matrix: { node: string[] } };
};
type Workflow = { on: Record<string, unknown>; permissions: Record<string, string>; jobs: Record<string, Job> };

const workflow = parse(readRepository('.github/workflows/ci.yml')) as Workflow;
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([, job]) => job.steps);
const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

describe('the workflow', () => {
  test('calls the same two commands as a developer, on each supported Node', () => {
    for (const [job, command] of [
      ['test', /^npm test$/],
      ['start', /^npm start /],
    ] as const) {
      const { steps: own = [], strategy } = workflow.jobs[job] ?? {};
      expect(
        own.some(({ run = '' }) => command.test(run)),
        job,
      ).toBe(true);
      expect(strategy?.matrix.node).toEqual(['20', '22', '24']);
    }
    expect(manifest.engines.node).toMatch(/^>=20\./);
  });

  test('builds the image, packages the chart and writes a bill of materials', () => {
    expect(Object.keys(workflow.jobs)).toEqual(['test', 'start', 'image', 'chart', 'sbom']);
    expect(commands.join('\n')).toMatch(/helm lint --strict charts\/belfry\n.*helm package charts\/belfry/);
  });

  test('may read and nothing else, and keeps no credentials', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const [name, job] of jobs) expect(job, name).not.toHaveProperty('permissions');
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(jobs.map(() => false));
    expect(readRepository('.github/workflows/ci.yml')).not.toContain('secrets.');
  });

  test('uses actions of exact versions', () => {
    const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(used.filter((uses) => !/^[\w-]+\/[\w-]+@v\d+\.\d+\.\d+$/.test(uses))).toEqual([]);
  });

  test('ends every job that hangs', () => {
    expect(jobs.filter(([, job]) => job['timeout-minutes'] === undefined)).toEqual([]);
  });

  test('names scripts and folders that are there', () => {
    const scripts = commands.flatMap((command) =>
      [...command.matchAll(/npm run (\w+)/g)].map(([, script]) => String(script)),
    );
    expect(scripts.filter((script) => manifest.scripts[script] === undefined)).toEqual([]);
    const folders = steps.flatMap((step) => step['working-directory'] ?? []);
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
  });

  test('has commands that a shell can read', () => {
    for (const command of commands) {
      const { status, stderr } = spawnSync('bash', ['-n', '-c', command], { encoding: 'utf8' });
      expect({ status, stderr }, command).toEqual({ status: 0, stderr: '' });
    }
  });

  test('builds the image that the compose file takes', () => {
    const build = steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'));
    expect(build?.with?.['tags']).toBe(`belfry:${manifest.version}`);
    expect(readRepository('deploy/compose/compose.yaml')).toContain(`-belfry:${manifest.version}}`);
  });

  test('lists in its bill of materials what the image installs, and no tool', { timeout: 180_000 }, () => {
    const script = commands.find((command) => command.includes('npm sbom')) ?? '';
    const [install, ...rest] = script.trim().split('\n');
    expect(instructionsOf(packages, 'RUN')[0]?.rest).toContain(install);
    const folder = mkdtempSync(join(tmpdir(), 'belfry-sbom-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(folder, file));
    installPackages(folder, 'production');
    execFileSync('sh', ['-ec', rest.join('\n')], { cwd: folder, stdio: 'pipe' });
    const { components } = JSON.parse(readFileSync(join(folder, 'belfry.cdx.json'), 'utf8')) as Materials;
    const { packages: installed } = JSON.parse(readRepository('package-lock.json')) as Lock;
    const runs = Object.entries(installed).filter(
      ([path, { dev, optional, peer }]) => path !== '' && !dev && !optional && !peer,
    );
    const named = runs.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(
      [...new Set(components.map(({ name, group }) => (group === undefined ? name : `${group}/${name}`)))].toSorted(),
    ).toEqual([...new Set(named)].toSorted());
  });
});

test('the devcontainer sets up what a clone needs, and forwards the port', () => {
  const container = JSON.parse(readRepository('.devcontainer/devcontainer.json')) as {
    image: string;
    postCreateCommand: string;
    forwardPorts: number[];
  };
  expect(container.image).toMatch(/:\d+-\w+$/);
  expect(manifest.scripts).toHaveProperty(container.postCreateCommand.replace('npm run ', ''));
  expect(container.forwardPorts).toEqual([SETTINGS.port.fallback]);
});
