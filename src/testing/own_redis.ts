import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BelfryError } from '../core/errors.ts';
import { systemClock } from '../runtime/clock.ts';
import { createEmbeddedRedis } from '../runtime/embedded_redis.ts';
import { identify, ownSearchPath, signal, whenOwnExit } from '../runtime/processes.ts';
import { findRedisServer } from '../runtime/redis_binary.ts';

/** A Redis of one test's own. */
export type OwnRedis = {
  /** `unix:///…`, as everything takes it. */
  url: string;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
};

/** Where a clone of Belfry unpacks a server when the system has none. */
const OWN_FOLDER = fileURLToPath(new URL('../../.belfry/bin', import.meta.url));

/** Starts a private redis-server on a unix socket, which does not outlive this process. Throws REDIS_UNAVAILABLE. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const binary = findRedisServer({ searchPath: ownSearchPath(), folders: [OWN_FOLDER] });
  if (binary === undefined) {
    throw new BelfryError('REDIS_UNAVAILABLE', 'no redis-server or valkey-server was found on the PATH', {
      field: 'redis',
      hint: 'install one (apt-get install redis-server), or give the URL of a Redis for tests as `redis`',
    });
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'belfry-testing-')));
  const server = createEmbeddedRedis({ dataFolder: folder, binary, clock: systemClock, log: () => undefined });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await server.start();
  } catch (error) {
    remove();
    throw error;
  }
  const forget = whenOwnExit(() => {
    const identity = identify(server.pid() ?? 0);
    if (identity !== undefined) signal(identity, 'SIGKILL');
    remove();
  });
  return {
    url: `unix://${server.socket()}`,
    async stop() {
      forget();
      await server.stop();
      remove();
    },
  };
}
