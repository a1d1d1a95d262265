import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPaint } from '../../src/cli/paint.ts';
import type { Desk } from '../../src/cli/desk.ts';
import type { ExitCode } from '../../src/cli/failure.ts';
import { runCli } from '../../src/cli/run_cli.ts';
import { loadConfig } from '../../src/config.ts';
import { askReadiness } from '../../src/roles/ask_readiness.ts';
import { examineSystem } from '../../src/roles/examine.ts';
import { readJobFolder } from '../../src/roles/job_folder.ts';
import type { Host } from '../../src/roles/host.ts';
import { migrateState } from '../../src/roles/migrate.ts';
import { simulateJobs } from '../../src/roles/simulate.ts';
import { openVisit } from '../../src/roles/session.ts';
import type { Place, Variables } from './belfry_process.ts';

export type Answer = { code: ExitCode; out: string; err: string };

const NO_PLACE: Place = { folder: '/nowhere', write: () => undefined, remove: () => undefined };

/**
 * Runs one command line inside the test, at the instant `now` where it matters, on the Redis that the variables name.
 * What `main.ts` takes from the process comes from here.
 */
export async function ask(
  words: readonly string[],
  options: { place?: Place; variables?: Variables; now?: number; input?: string } = {},
): Promise<Answer> {
  const { place = NO_PLACE, variables = {}, now, input = '' } = options;
  const load = (file: string | undefined) =>
    loadConfig({ env: variables, cwd: place.folder, ...(file === undefined ? {} : { file }) });
  const host = createTestHost(place, variables);
  let out = '';
  let err = '';
  const desk: Desk = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    paint: createPaint('off'),
    paintErr: createPaint('off'),
    readInput: () => Promise.resolve(input),
    readFile: (path) => readFile(join(place.folder, path), 'utf8'),
    writeFile: (path, content) => writeFile(join(place.folder, path), content),
    now: () => now ?? Date.now(),
    user: 'tester',
    version: host.version,
    untilStopped: () => host.stop,
    dev: () => Promise.reject(new Error('dev is tested as a process')),
    start: () => Promise.reject(new Error('start is tested as a process')),
    async connect(file) {
      const { assembly, connect } = openVisit(load(file), host);
      await connect().catch((error: unknown) => {
        assembly.close();
        throw error;
      });
      return { client: await assembly.client(), close: () => assembly.close() };
    },
    examine: (file) => examineSystem(load(file), host),
    askReadiness: (file, question) => askReadiness(load(file), question),
    migrate: (file, mode) => migrateState(load(file), host, mode),
    simulate: (request) => simulateJobs(request, host),
    readJobs: (file, folder) => readJobFolder(load(file), host, folder),
  };
  const code = await runCli(words, desk);
  return { code, out, err };
}

/** The JSON that a command answers. */
export async function askJson<T>(words: readonly string[], options: Parameters<typeof ask>[1] = {}): Promise<T> {
  const { out } = await ask([...words, '--json'], options);
  return JSON.parse(out) as T;
}

function createTestHost({ folder }: Place, env: Variables): Host {
  let count = 0;
  return {
    env,
    cwd: folder,
    name: hostname(),
    pid: process.pid,
    version: '0.0.0-test',
    nodeVersion: process.versions.node,
    tzVersion: 'test',
    bin: '/nowhere/belfry.js',
    index: fileURLToPath(new URL('../../src/index.ts', import.meta.url)),
    serverFolder: '/nowhere',
    stop: new AbortController().signal,
    end: () => undefined,
    terminal: 'no',
    write: () => undefined,
    newId: () => `test-${String((count += 1))}`,
    random: Math.random,
    exportToJobs: () => undefined,
    onDefect: () => undefined,
  };
}
