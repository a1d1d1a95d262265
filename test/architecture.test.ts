import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findCycle } from './support/architecture/graph.ts';
import * as rules from './support/architecture/rules.ts';
import type { Rule } from './support/architecture/rules.ts';
import { readSources } from './support/architecture/source_file.ts';

/** Which layers of src/ each layer may import. A layer may always import itself. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: ['core'],
  store: ['core'],
  loader: ['core'],
  client: ['core', 'store'],
  scheduler: ['core', 'store', 'runtime'],
  worker: ['core', 'store', 'runtime', 'loader'],
  telemetry: ['core', 'client'],
  api: ['core', 'client', 'telemetry'],
  // The real scheduler, with the ledgers and runs that it leaves, on a virtual clock.
  simulation: ['core', 'store', 'runtime', 'scheduler', 'client', 'loader'],
  cli: ['core', 'client', 'simulation'],
  // Beside the application: its database and a client are handed over.
  outbox: ['core'],
  config: ['core'],
  'config.ts': ['core', 'config'],
  'assembly.ts': ['*'],
  // Puts the parts together as the assembly does, for the tests of an application.
  testing: ['*'],
  // Puts a running process together: actors, telemetry and HTTP; takes the table of jobs from the command line.
  roles: [
    'assembly.ts',
    'client',
    'config',
    'config.ts',
    'core',
    'loader',
    'runtime',
    'store',
    'scheduler',
    'worker',
    'telemetry',
    'api',
    'simulation',
    'cli',
  ],
  'index.ts': ['*'],
  'library.ts': ['*'],
  'main.ts': ['*'],
};

/** Libraries that compute and do nothing else: no I/O, no clock. */
const PURE_PACKAGES = ['@standard-schema/spec', 'ajv', 'cron-parser', 'cronstrue', 'ical.js', 'parse-duration'];
const TEST_PACKAGES = ['vitest', 'fast-check', 'croner'];

const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\s*\)|(?<![\w$.])Date\(\s*\)|\bperformance\.now\b|\bTemporal\.Now\b/g;
const PROCESS = /(?<![\w$.])process\s*(?:\.|\[|\?\.)/g;
const NEW_CONNECTION = /\bnew (?:Redis|Cluster|IORedis)\b/g;

const RULES: Readonly<Record<string, Rule>> = {
  'imports point down': rules.layering(EDGES),
  'core is pure': rules.packagesOf('src/core/', PURE_PACKAGES),
  'job files import the package only': rules.packagesOf('jobs/', ['belfry', 'node:']),
  'job files import nothing outside jobs': rules.selfContained('jobs/'),
  'test tools stay in tests': rules.onlyIn(TEST_PACKAGES, ['test/']),
  'what draws dashboards stays with the chart': rules.onlyIn(['@grafana/grafana-foundation-sdk'], ['charts/grafana/']),
  'the rival stays in the bench': rules.onlyIn(['bullmq'], ['bench/']),
  'one file reads the clock': rules.textOnlyIn(WALL_CLOCK, ['src/runtime/clock.ts']),
  'one file reads the process': rules.textOnlyIn(PROCESS, ['src/main.ts']),
  'one file imports the process': rules.onlyIn(['node:process', 'process'], ['src/main.ts', 'test/', 'bench/']),
  'one file connects to Redis': rules.textOnlyIn(NEW_CONNECTION, ['src/store/connect.ts']),
  'a file is short': rules.fileLength,
  'a function is short': rules.functionLength,
  'a function takes few parameters': rules.parameterCount,
  'nothing is any': rules.noAny,
  'a name says its duty': rules.meaningfulName,
  'a script has a contract': rules.luaContract,
};

/** Where a rule does not hold, and why. One that is no longer needed fails. */
const EXCEPTIONS: readonly { path: string; rule: string; reason: string }[] = [
  {
    path: 'src/runtime/processes.ts',
    rule: 'one file reads the process',
    reason: 'the holder of a lock is named by pid, and an orphaned redis-server is ended by a signal',
  },
  {
    path: 'src/worker/isolation/own_process.ts',
    rule: 'one file reads the process',
    reason: 'the side of an isolated attempt that runs in a child: its channel, its group and its exit are the process',
  },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readSources(root, ['src', 'test', 'jobs', 'bench', 'bin', 'scripts', 'charts/grafana']);

describe('the architecture', () => {
  test('is judged on the files that are there', () => {
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['src/core/errors.ts', 'src/config.ts']));
    expect(files.find(({ path }) => path === 'src/core/job.ts')?.imports.length).toBeGreaterThan(0);
  });

  test.each(Object.entries(RULES))('%s', (name, rule) => {
    const excepted = new Set(EXCEPTIONS.filter((exception) => exception.rule === name).map(({ path }) => path));
    const findings = files.filter(({ path }) => !excepted.has(path)).flatMap(rule);
    expect(findings.map(({ path, line, what }) => `${path}:${String(line)}: ${what}`)).toEqual([]);
  });

  test('has no cycle of imports', () => {
    expect(findCycle(files.filter(({ path }) => path.startsWith('src/')))).toBeUndefined();
  });

  test('has no exception that nothing needs, and none without a reason', () => {
    const idle = EXCEPTIONS.filter(({ path, rule, reason }) => {
      const file = files.find((candidate) => candidate.path === path);
      return reason === '' || file === undefined || (RULES[rule]?.(file) ?? []).length === 0;
    });
    expect(idle).toEqual([]);
  });
});
