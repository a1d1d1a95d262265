import { BelfryError, messageOf } from '../core/errors.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { endOrphan } from './embedded_orphan.ts';
import { chooseSocket, embeddedPaths, makePrivate, removeSocket, writeState } from './embedded_paths.ts';
import type { EmbeddedPaths } from './embedded_paths.ts';
import { lastLines, startServer } from './embedded_server.ts';
import type { EmbeddedServer, ServerExit } from './embedded_server.ts';
import { lockFolder } from './folder_lock.ts';
import type { FolderLock } from './folder_lock.ts';
import { identify } from './processes.ts';
import type { Service } from './service.ts';

export { embeddedSocket } from './embedded_paths.ts';

/** A server that lived this long was healthy: the next death is the first one again. */
const HEALTHY_AFTER_MS = 10_000;
const FIRST_RESTART_MS = 50;
const LONGEST_RESTART_MS = 5_000;
/** So many deaths in a row are a loop: restarts go on, but someone must look. */
const LOOP_AFTER_DEATHS = 5;

export type EmbeddedRedisEvent =
  | { kind: 'ready'; socket: string; pid: number }
  | ({ kind: 'died'; pid: number; deaths: number } & ServerExit)
  | { kind: 'restarted'; pid: number; downMs: DurationMs }
  | { kind: 'restart-loop'; deaths: number; lastLines: string };

export type EmbeddedRedisOptions = {
  /** Belfry's data folder; the server's own is `redis/` below it. */
  dataFolder: string;
  /** The redis-server or valkey-server to run. */
  binary: string;
  clock: Clock;
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  onEvent?: (event: EmbeddedRedisEvent) => void;
};

export type EmbeddedRedis = Service & {
  /** The unix socket, once started. It stays the same across restarts. */
  socket(): string;
  pid(): number | undefined;
};

/**
 * A private redis-server on a unix socket with an AOF. It is started again when it dies, with a growing delay, and
 * ended in good order by `stop`.
 *
 * States: stopped → starting → up ⇄ down (waiting to restart) → stopped. A server that outlived a killed supervisor is
 * ended before a new one starts.
 *
 * `start` throws BelfryError ALREADY_RUNNING when another process holds the data folder, and REDIS_UNAVAILABLE when
 * the server does not come up the first time.
 */
export function createEmbeddedRedis(options: EmbeddedRedisOptions): EmbeddedRedis {
  const { clock, log } = options;
  const paths = embeddedPaths(options.dataFolder);
  let socket = '';
  let lock: FolderLock | undefined;
  let server: EmbeddedServer | undefined;
  let supervision: Promise<void> | undefined;
  let stopping = new AbortController();

  const open = async (): Promise<void> => {
    if ((await endOrphan(paths)) === 'ended') log('warn', 'ended the Redis that a killed Belfry had left behind');
    socket = chooseSocket(paths);
    writeState(paths, { socket });
    server = await launch(options.binary, socket, paths);
    tell(options, { kind: 'ready', socket, pid: server.pid });
    supervision = supervise(
      { ...options, paths, socket, stopping: stopping.signal },
      server,
      (next) => (server = next),
    );
  };
  const close = async (): Promise<void> => {
    stopping.abort();
    await server?.end();
    await supervision;
    server = undefined;
    if (socket !== '') removeSocket(paths, socket);
    lock?.release();
    lock = undefined;
  };
  return {
    name: 'embedded-redis',
    socket: () => socket,
    pid: () => server?.pid,
    async start() {
      if (lock !== undefined) return;
      stopping = new AbortController();
      prepare(paths);
      lock = await lockFolder({ file: paths.lockFile, folder: options.dataFolder, clock });
      await open().catch(async (error: unknown) => {
        await close();
        throw error;
      });
    },
    stop: close,
  };
}

type Supervision = EmbeddedRedisOptions & { paths: EmbeddedPaths; socket: string; stopping: AbortSignal };

/** Waits for deaths and undoes them, until `stopping`. */
async function supervise(
  options: Supervision,
  first: EmbeddedServer,
  replace: (server: EmbeddedServer | undefined) => void,
): Promise<void> {
  const { clock, stopping } = options;
  let server = first;
  let deaths = 0;
  for (;;) {
    const upAt = clock.monotonic();
    const exit = await server.exited;
    if (stopping.aborted) return;
    replace(undefined);
    const downAt = clock.monotonic();
    deaths = downAt - upAt >= HEALTHY_AFTER_MS ? 1 : deaths + 1;
    tell(options, { kind: 'died', pid: server.pid, deaths, ...exit });
    const next = await restart(options, deaths);
    if (next === undefined) return;
    ({ server, deaths } = next);
    replace(server);
    tell(options, { kind: 'restarted', pid: server.pid, downMs: clock.monotonic() - downAt });
    if (stopping.aborted) await server.end();
  }
}

/** Tries until a server is up or `stopping`; the delay doubles with each death in a row. */
async function restart(
  options: Supervision,
  deathsBefore: number,
): Promise<{ server: EmbeddedServer; deaths: number } | undefined> {
  const { paths, stopping } = options;
  for (let deaths = deathsBefore; ; deaths += 1) {
    if (deaths === LOOP_AFTER_DEATHS) {
      tell(options, { kind: 'restart-loop', deaths, lastLines: lastLines(paths.logFile) });
    }
    await pause(Math.min(FIRST_RESTART_MS * 2 ** (deaths - 1), LONGEST_RESTART_MS), stopping);
    if (stopping.aborted) return undefined;
    try {
      return { server: await launch(options.binary, options.socket, paths), deaths };
    } catch (error) {
      options.log('error', `Redis does not start again: ${messageOf(error)}`);
    }
  }
}

/** Starts a server and writes down who it is, so that the next supervisor can tell it from a stranger. */
async function launch(binary: string, socket: string, paths: EmbeddedPaths): Promise<EmbeddedServer> {
  const server = await startServer(binary, socket, paths);
  const identity = identify(server.pid);
  writeState(paths, identity === undefined ? { socket } : { socket, server: identity });
  return server;
}

function prepare({ folder }: EmbeddedPaths): void {
  try {
    makePrivate(folder);
  } catch (error) {
    throw new BelfryError('REDIS_UNAVAILABLE', `cannot use ${folder}: ${messageOf(error)}`, {
      field: folder,
      hint: 'a folder that this user may write: set BELFRY_DATA, or set REDIS_URL to use a Redis of yours',
    });
  }
}

function tell({ log, onEvent }: EmbeddedRedisOptions, event: EmbeddedRedisEvent): void {
  onEvent?.(event);
  switch (event.kind) {
    case 'ready':
      return log('info', `Redis is up on ${event.socket} (pid ${String(event.pid)})`);
    case 'died':
      return log(
        'warn',
        `Redis died (pid ${String(event.pid)}, ${event.signal ?? `exit ${String(event.code)}`}): starting it again`,
      );
    case 'restarted':
      return log('info', `Redis is up again after ${event.downMs.toFixed(0)} ms (pid ${String(event.pid)})`);
    case 'restart-loop':
      return log('error', `Redis died ${String(event.deaths)} times in a row; its log ends with:\n${event.lastLines}`);
  }
}

function pause(ms: DurationMs, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stopping.addEventListener('abort', done);
    if (stopping.aborted) done();
  });
}
