import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Desk } from './cli/desk.ts';
import { createPaint } from './cli/paint.ts';
import { runCli } from './cli/run_cli.ts';
import { loadConfig, type Config } from './config.ts';
import type { DurationMs } from './core/time/units.ts';
import type { Host } from './roles/host.ts';
import { offerAjv } from './runtime/ajv_package.ts';
import { systemClock } from './runtime/clock.ts';
import { ownTzVersion } from './runtime/processes.ts';
import { offerRrule } from './runtime/rrule_package.ts';

/** The composition root: what `bin/belfry.js` loads. Nothing else reads the environment, arguments, signals or streams. */

const root = dirname(import.meta.dirname);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * One request to stop can arrive more than once: Ctrl-C goes to npm and to us, and npm hands its own on. Signals this
 * close together are one.
 */
const SAME_REQUEST_MS = 250;

/** Exit code of a process that was told twice to end: 128 + SIGINT, as shells have it. */
const ENDED_AT_ONCE = 130;

offerAjv();
offerRrule();

const stop = new AbortController();
const state: { manners: 'command' | 'service'; defects: number } = { manners: 'command', defects: 0 };

process.exitCode = await runCli(process.argv.slice(2), createDesk());
// Handles that job files have left open must not keep a process that is done.
if (state.manners === 'service') process.exit(state.defects > 0 ? 1 : process.exitCode);

function createDesk(): Desk {
  const host = createHost();
  process.stdout.on('error', () => {
    // `belfry runs list | head`: the reader has seen enough. A service goes on without its log.
    if (state.manners === 'command') process.exit(0);
  });
  process.stderr.on('error', () => {}); // `belfry schedules list 2> >(true)`: a note that nobody reads is no failure
  return {
    out: (words) => void process.stdout.write(words),
    err: (words) => void process.stderr.write(words),
    paint: createPaint(colourOf(process.stdout)),
    paintErr: createPaint(colourOf(process.stderr)),
    readInput: () => text(process.stdin),
    readFile: (path) => readFile(path, 'utf8'),
    writeFile: (path, content) => writeFile(path, content),
    now: systemClock.now,
    user: nameOfUser(),
    version,
    untilStopped: () => listenForSignals(),
    // Loaded when asked for: a command must not pay for the HTTP server, and `next` not for Redis either.
    dev: (file) => serve(async () => (await import('./roles/dev.ts')).dev(load(file), host)),
    start: (file, words) => serve(async () => (await import('./roles/start.ts')).start(load(file), host, words)),
    async connect(file) {
      const { openVisit } = await import('./roles/session.ts');
      const { assembly, connect } = openVisit(load(file), host);
      try {
        await connect();
      } catch (error) {
        assembly.close();
        throw error;
      }
      return { client: await assembly.client(), close: () => assembly.close() };
    },
    examine: async (file) => (await import('./roles/examine.ts')).examineSystem(load(file), host),
    askReadiness: async (file, question) =>
      (await import('./roles/ask_readiness.ts')).askReadiness(load(file), question),
    migrate: async (file, mode) => (await import('./roles/migrate.ts')).migrateState(load(file), host, mode),
    async simulate(request) {
      listenForSignals(); // its Redis must not outlive it
      return (await import('./roles/simulate.ts')).simulateJobs(request, host);
    },
    readJobs: async (file, folder) => (await import('./roles/job_folder.ts')).readJobFolder(load(file), host, folder),
  };
}

/** A container may run under a number that no name belongs to. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${String(process.getuid?.() ?? '?')} on ${hostname()}`;
  }
}

function colourOf({ isTTY }: { isTTY: boolean }): 'on' | 'off' {
  return isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb' ? 'on' : 'off';
}

function load(file: string | undefined): Config {
  return loadConfig({ env: process.env, cwd: process.cwd(), ...(file === undefined ? {} : { file }) });
}

function createHost(): Host {
  return {
    env: process.env,
    cwd: process.cwd(),
    name: hostname(),
    pid: process.pid,
    version,
    nodeVersion: process.versions.node,
    tzVersion: ownTzVersion(),
    bin: join(root, 'bin/belfry.js'),
    index: join(import.meta.dirname, 'index.js'),
    serverFolder: join(root, '.belfry/bin'),
    stop: stop.signal,
    end: () => stop.abort(),
    terminal: colourOf(process.stdout) === 'on' ? 'colour' : process.stdout.isTTY ? 'plain' : 'no',
    write: (words) => void process.stdout.write(words),
    newId: randomUUID,
    random: Math.random,
    exportToJobs: (variables) => void Object.assign(process.env, variables),
    onDefect: listenForDefects,
  };
}

async function serve(run: () => Promise<void>): Promise<void> {
  state.manners = 'service';
  listenForSignals();
  await run();
}

/**
 * The first SIGTERM or SIGINT asks for a stop in good order, the second one ends the process at once. One that comes to a
 * process that ends for another reason (an order, a defect) is a first one: what drains goes on draining.
 */
function listenForSignals(): AbortSignal {
  let askedAt: number | undefined;
  const ask = (): void => {
    askedAt ??= systemClock.monotonic();
    if (systemClock.monotonic() - askedAt > SAME_REQUEST_MS) process.exit(ENDED_AT_ONCE);
    stop.abort();
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  return stop.signal;
}

/**
 * Jobs run in this process. A promise that a job has dropped is told and forgotten; an exception that nobody caught may
 * have left anything half done, so the process stops in good order and answers 1, after `mostMs` in any case.
 */
function listenForDefects(tell: (what: string, error: unknown) => void, mostMs: DurationMs): void {
  process.on('unhandledRejection', (error) => tell('a promise was rejected and nobody handled it', error));
  process.on('uncaughtException', (error) => {
    tell('an exception was not caught; this process stops', error);
    state.defects += 1;
    if (state.defects === 1) setTimeout(() => process.exit(1), mostMs);
    stop.abort();
  });
}
