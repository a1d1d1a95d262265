import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { BelfryError } from '../core/errors.ts';
import type { EmbeddedPaths } from './embedded_paths.ts';
import { probeServer } from './redis_probe.ts';

/** Long enough for a loaded machine; reading a large AOF is waited for without end, as the server says that it does. */
const FIRST_ANSWER_MS = 20_000;
const PROBE_MS = 500;
const LOOK_AGAIN_MS = 15;
const END_MS = 10_000;
const LOG_ROTATES_AT_BYTES = 4 * 1_048_576;

export type ServerExit = { code: number | null; signal: NodeJS.Signals | null };

/** One redis-server process. */
export type EmbeddedServer = {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<ServerExit>;
  /** SIGTERM, on which Redis flushes its AOF; SIGKILL when it is not gone after 10 s. */
  end(): Promise<void>;
};

/**
 * Starts a redis-server and waits until it takes commands.
 * @throws BelfryError REDIS_UNAVAILABLE with the last lines of its log when it ends or stays silent instead.
 */
export async function startServer(binary: string, socket: string, paths: EmbeddedPaths): Promise<EmbeddedServer> {
  const child = launch(binary, socket, paths);
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
    child.once('error', () => {
      resolve({ code: null, signal: null });
    });
  });
  const end = async (): Promise<void> => {
    const killing = setTimeout(() => child.kill('SIGKILL'), END_MS);
    child.kill('SIGTERM');
    await exited;
    clearTimeout(killing);
  };
  const outcome = await Promise.race([exited.then(() => 'ended' as const), untilUp(socket)]);
  if (outcome === 'up' && child.pid !== undefined) return { pid: child.pid, exited, end };
  await end();
  throw new BelfryError('REDIS_UNAVAILABLE', `${binary} ${outcome === 'ended' ? 'ended at once' : 'stays silent'}`, {
    field: paths.logFile,
    hint: `its log, ${paths.logFile}, ends with:\n${lastLines(paths.logFile)}`,
  });
}

/** The end of the server's log: why it does not run is told there and nowhere else. */
export function lastLines(logFile: string, count = 5): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

function launch(binary: string, socket: string, { folder, logFile }: EmbeddedPaths): ChildProcess {
  rotate(logFile);
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(binary, serverArguments(socket, folder), {
      stdio: ['ignore', log, log],
      // A process group of its own: Ctrl-C in the terminal must not end Redis before the workers have drained.
      detached: true,
      // Redis refuses to start under a locale that the host does not have, and needs nothing else from outside.
      env: { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' },
    });
  } finally {
    closeSync(log);
  }
}

function serverArguments(socket: string, folder: string): string[] {
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: folder,
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'everysec',
    // Redis rewrites its AOF when it has doubled: under load that is all the time, and each one costs a core for seconds.
    'auto-aof-rewrite-percentage': '300',
    'auto-aof-rewrite-min-size': '256mb',
    save: '',
    'maxmemory-policy': 'noeviction',
    loglevel: 'notice',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function untilUp(socket: string): Promise<'up' | 'silent'> {
  for (let waitedMs = 0; waitedMs < FIRST_ANSWER_MS; waitedMs += LOOK_AGAIN_MS) {
    const state = await probeServer(socket, PROBE_MS);
    if (state === 'up') return 'up';
    if (state === 'loading') waitedMs = 0;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return 'silent';
}

function rotate(logFile: string): void {
  try {
    if (statSync(logFile).size > LOG_ROTATES_AT_BYTES) renameSync(logFile, `${logFile}.1`);
  } catch {
    // The first start: there is no log yet.
  }
}
