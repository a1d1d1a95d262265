import type { Config } from '../config.ts';
import { BelfryError } from '../core/errors.ts';
import type { RedisTarget, SingleTarget } from '../core/redis_target.ts';
import { systemClock } from '../runtime/clock.ts';
import { createEmbeddedRedis, embeddedSocket } from '../runtime/embedded_redis.ts';
import type { EmbeddedRedis, EmbeddedRedisOptions } from '../runtime/embedded_redis.ts';
import { findRedisServer } from '../runtime/redis_binary.ts';
import type { Host } from './host.ts';

/** A Redis of this process's own, not started yet. */
export function prepareEmbeddedRedis(
  config: Pick<Config, 'dataFolder'>,
  host: Pick<Host, 'env' | 'serverFolder'>,
  log: EmbeddedRedisOptions['log'],
): EmbeddedRedis {
  const binary = findRedisServer({ searchPath: host.env['PATH'] ?? '', folders: [host.serverFolder] });
  if (binary === undefined) {
    throw new BelfryError('REDIS_UNAVAILABLE', 'no redis-server or valkey-server was found on the PATH', {
      field: 'PATH',
      hint: 'install one (`npm start` does it in a clone; else apt-get install redis-server), or set REDIS_URL',
    });
  }
  return createEmbeddedRedis({ dataFolder: config.dataFolder, binary, clock: systemClock, log });
}

/** The address of a server on a unix socket. */
export function socketTarget(path: string): SingleTarget {
  return { kind: 'single', host: 'localhost', port: 0, path, db: 0, auth: {} };
}

/** Where commands find Redis: the configured one, or the embedded server of this folder, running or not. */
export function findTarget(config: Config): RedisTarget {
  return config.redis.kind === 'embedded' ? socketTarget(embeddedSocket(config.dataFolder)) : config.redis;
}
