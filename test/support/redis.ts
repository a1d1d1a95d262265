import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, onTestFinished } from 'vitest';
import type { SingleTarget } from '../../src/core/redis_target.ts';
import { createRedisProcess } from './redis_process.ts';
import type { RedisProcess } from './redis_process.ts';

export type StartRedisOptions = {
  /** More redis-server arguments, such as `['--maxmemory', '64mb']`; they win over the defaults. */
  args?: readonly string[];
  /** `aof` keeps what was written across `kill()` and `restart()`. Default `none`: nothing is written to disk. */
  persistence?: 'none' | 'aof';
};

/** A real server on a unix socket of its own. */
export type TestRedis = {
  /** The unix socket. It stays the same across restarts. */
  readonly path: string;
  /** `unix:///…`, as `REDIS_URL` takes it. */
  readonly url: string;
  readonly target: SingleTarget;
  /** The pid of the living server. */
  pid(): number;
  /** SIGKILL, as a crash would. The folder stays, so `restart()` finds its AOF. */
  kill(): Promise<void>;
  /** Starts it again after `kill()`; a living server is ended first, in good order. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered, as in a stalled host or a cut network. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

const started = new Set<RedisProcess>();
afterAll(async () => {
  await Promise.all([...started].map((server) => server.dispose()));
});

/** Starts a redis-server for this test file; it is ended and removed after the file's last test. */
export async function startRedis(options: StartRedisOptions = {}): Promise<TestRedis> {
  const { args = [], persistence = 'none' } = options;
  const settings = (folder: string) => ({
    port: '0',
    unixsocket: socketIn(folder),
    appendonly: persistence === 'aof' ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  });
  const server = createRedisProcess(settings, args);
  started.add(server);
  await server.start();
  const path = socketIn(server.folder);
  return {
    path,
    url: `unix://${path}`,
    target: { kind: 'single', host: 'localhost', port: 0, path, db: 0, auth: {} },
    pid: () => pidOf(server),
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      await server.end('SIGTERM');
      await server.start();
    },
    freeze: () => process.kill(pidOf(server), 'SIGSTOP'),
    thaw: () => process.kill(pidOf(server), 'SIGCONT'),
    stop: async () => {
      started.delete(server);
      await server.dispose();
    },
  };
}

const socketIn = (folder: string): string => join(folder, 'redis.sock');

function pidOf(server: RedisProcess): number {
  const pid = server.pid();
  if (pid === undefined) throw new Error('this test server is down');
  return pid;
}

/** A connection past the engine, for the length of a test. */
export function connectAdmin(redis: TestRedis): Redis {
  const admin = new Redis({ path: redis.path });
  onTestFinished(() => admin.disconnect());
  return admin;
}
