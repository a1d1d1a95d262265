/** Where Redis is and how to reach it: parsed once from configuration, read by the one file that connects. */

/** One TCP end point of a Redis server or Sentinel. */
export type RedisNode = { host: string; port: number };

/** An ACL user and its password. `{}` means no authentication; a password alone is the `default` user's. */
export type RedisAuth = { username?: string; password?: string };

/** TLS material as PEM text. An empty object means TLS judged by the system's certificate authorities. */
export type RedisTls = { ca?: string; cert?: string; key?: string };

/** A server of Belfry's own on a unix socket, started and supervised by this process. */
export type EmbeddedTarget = { kind: 'embedded' };

/** One server. With `path` it is reached over that unix socket, and `host` and `port` are not used. */
export type SingleTarget = {
  kind: 'single';
  host: string;
  port: number;
  path?: string;
  db: number;
  auth: RedisAuth;
  tls?: RedisTls;
};

/** A primary that Sentinels watch under `name`. */
export type SentinelTarget = {
  kind: 'sentinel';
  sentinels: RedisNode[];
  name: string;
  db: number;
  auth: RedisAuth;
  sentinelAuth?: RedisAuth;
  tls?: RedisTls;
};

/** A Redis Cluster, entered through any of `nodes`. A cluster has database 0 only. */
export type ClusterTarget = { kind: 'cluster'; nodes: RedisNode[]; auth: RedisAuth; tls?: RedisTls };

export type RedisTarget = EmbeddedTarget | SingleTarget | SentinelTarget | ClusterTarget;
