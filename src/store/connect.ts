import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { BelfryError } from '../core/errors.ts';
import type { RedisAuth, RedisTarget, RedisTls } from '../core/redis_target.ts';

/** A connection to one Redis or to a Cluster. */
export type Connection = Redis | Cluster;

/**
 * What a connection is for.
 * - `control`: leaders and workers. Fails fast: no offline queue and nothing sent again after a reconnect, because a write
 *   that a paused leader had queued must not be replayed (ioredis does both by default).
 * - `blocking`: waits in BLPOP; its reads have their own deadline.
 * - `subscriber`-like uses and one-off commands take `control`.
 */
export type Purpose = 'control' | 'blocking';

const MAX_BACKOFF_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_500;

/** Doubling delay up to 2 s with jitter, for ever: Belfry outlives its Redis. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const capMs = Math.min(MAX_BACKOFF_MS, 50 * 2 ** Math.min(attempt, 10));
  return Math.round(capMs / 2 + (random() * capMs) / 2);
}

type Options = Omit<RedisOptions, 'replyMapping'>;

function commonOptions(purpose: Purpose, name: string): Options {
  return {
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    maxRetriesPerRequest: purpose === 'blocking' ? null : 0,
    connectTimeout: 2_000,
    lazyConnect: true,
    retryStrategy: (attempt) => reconnectDelay(attempt),
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 1 : false),
    ...(purpose === 'control' ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
  };
}

function authOptions(auth: RedisAuth): Pick<RedisOptions, 'username' | 'password'> {
  return {
    ...(auth.username === undefined ? {} : { username: auth.username }),
    ...(auth.password === undefined ? {} : { password: auth.password }),
  };
}

function tlsOptions(tls: RedisTls | undefined): Pick<RedisOptions, 'tls'> {
  return tls === undefined ? {} : { tls: { ...tls } };
}

/** Opens a connection; it connects on `connect()` or the first command. Not for an embedded target: start that first. */
export function connectRedis(target: RedisTarget, purpose: Purpose, name: string): Connection {
  const common = commonOptions(purpose, name);
  switch (target.kind) {
    case 'single':
      return new Redis({
        ...common,
        ...authOptions(target.auth),
        ...tlsOptions(target.tls),
        db: target.db,
        ...(target.path === undefined ? { host: target.host, port: target.port } : { path: target.path }),
      });
    case 'sentinel':
      return new Redis({
        ...common,
        ...authOptions(target.auth),
        ...tlsOptions(target.tls),
        db: target.db,
        sentinels: target.sentinels,
        name: target.name,
        sentinelRetryStrategy: (attempt: number) => reconnectDelay(attempt),
        enableTLSForSentinelMode: target.tls !== undefined,
        ...(target.sentinelAuth?.username === undefined ? {} : { sentinelUsername: target.sentinelAuth.username }),
        ...(target.sentinelAuth?.password === undefined ? {} : { sentinelPassword: target.sentinelAuth.password }),
      });
    case 'cluster':
      return connectCluster(target, common);
    default:
      throw new BelfryError('INTERNAL', 'an embedded Redis has no address before it is started');
  }
}

function connectCluster(target: Extract<RedisTarget, { kind: 'cluster' }>, common: Options): Cluster {
  const { retryStrategy: _retry, lazyConnect: _lazy, enableOfflineQueue: _queue, ...perNode } = common;
  return new Cluster(target.nodes, {
    enableOfflineQueue: false,
    lazyConnect: true,
    clusterRetryStrategy: (attempt) => reconnectDelay(attempt),
    slotsRefreshTimeout: 2_000,
    redisOptions: { ...perNode, ...authOptions(target.auth), ...tlsOptions(target.tls) },
  });
}
