import { BelfryError } from '../core/errors.ts';
import type { RedisAuth, RedisNode, RedisTarget, RedisTls } from '../core/redis_target.ts';

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const FORMS =
  'redis://host:6379/0, rediss://… for TLS, unix:///path/to/redis.sock, ' +
  'redis+sentinel://host:26379,host2:26379/name/0 or redis+cluster://host:6379,host2:6379';

/** What is set beside the URL; the URL's own user and password win. */
export type BesideUrl = { auth?: RedisAuth; sentinelAuth?: RedisAuth; tls?: RedisTls };

type Parts = { scheme: string; auth: RedisAuth; nodes: string; path: string; place: string };

/**
 * Reads a Redis URL. `user:password@` is percent-decoded; a bare `/path` is a unix socket.
 * @throws BelfryError BAD_CONFIG naming `place`; the message never holds the password.
 */
export function parseRedisUrl(url: string, place: string, beside: BesideUrl = {}): RedisTarget {
  // Those who come from elsewhere hand over options or a connection of ioredis.
  if (typeof url !== 'string') throw refused(place, 'is not a text', FORMS);
  const parts = split(url.trim(), place);
  const auth = { ...beside.auth, ...parts.auth };
  if (parts.scheme === 'unix') return socketTarget(parts, auth, beside);
  const tls = tlsOf(parts, beside);
  switch (parts.scheme.replace('rediss', 'redis')) {
    case 'redis':
      return { kind: 'single', ...onlyNode(parts), db: databaseOf(parts.path, parts), auth, ...tls };
    case 'redis+sentinel':
      return sentinelTarget(parts, { auth, ...tls }, beside.sentinelAuth);
    case 'redis+cluster':
      if (databaseOf(parts.path, parts) !== 0)
        throw refused(parts.place, 'names a database', 'a cluster has database 0 only');
      return { kind: 'cluster', nodes: nodesOf(parts, REDIS_PORT), auth, ...tls };
    default:
      throw refused(place, `has the scheme "${parts.scheme}"`, FORMS);
  }
}

/** The target in one line as it may be shown: users stay, passwords do not. */
export function describeTarget(target: RedisTarget): string {
  if (target.kind === 'embedded') return 'embedded: a private server on a unix socket';
  const user = `${target.auth.username ?? ''}${target.auth.password === undefined ? '' : ':***'}`;
  const at = user === '' ? '' : `${user}@`;
  const scheme = target.tls === undefined ? 'redis' : 'rediss';
  if (target.kind === 'cluster') return `${scheme}+cluster://${at}${target.nodes.map(formatNode).join(',')}`;
  if (target.kind === 'sentinel') {
    return `${scheme}+sentinel://${at}${target.sentinels.map(formatNode).join(',')}/${target.name}/${String(target.db)}`;
  }
  if (target.path !== undefined) return `unix://${at}${target.path}${target.db === 0 ? '' : `/${String(target.db)}`}`;
  return `${scheme}://${at}${formatNode(target)}/${String(target.db)}`;
}

function formatNode({ host, port }: RedisNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function split(url: string, place: string): Parts {
  if (url.startsWith('/')) return { scheme: 'unix', auth: {}, nodes: '', path: url, place };
  const match = /^([a-z][a-z+]*):\/\/(?:(.*)@)?([^/?#]*)([^?#]*)(.*)$/i.exec(url);
  if (match === null) throw refused(place, 'is not a Redis URL', FORMS);
  const [, scheme = '', userinfo, nodes = '', path = '', rest = ''] = match;
  if (rest !== '') throw refused(place, `has "${rest.slice(0, 1)}" options`, `write it without: ${FORMS}`);
  return { scheme: scheme.toLowerCase(), auth: authOf(userinfo, place), nodes, path, place };
}

function authOf(userinfo: string | undefined, place: string): RedisAuth {
  if (userinfo === undefined || userinfo === '') return {};
  const colon = userinfo.indexOf(':');
  const [username, password] = colon === -1 ? [userinfo, ''] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
  return {
    ...(username === '' ? {} : { username: decode(username, place) }),
    ...(password === '' ? {} : { password: decode(password, place) }),
  };
}

function decode(text: string, place: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(place, 'has a user or password with a bare "%"', 'write "%" as %25, "@" as %40, "/" as %2F');
  }
}

function socketTarget(parts: Parts, auth: RedisAuth, beside: BesideUrl): RedisTarget {
  const [, path = '', db = ''] = /^(\/.*?[^/])(?:\/(\d+))?$/.exec(parts.path) ?? [];
  if (parts.nodes !== '' || path === '')
    throw refused(parts.place, 'names no socket', 'three slashes: unix:///run/redis.sock');
  if (beside.tls !== undefined) throw refused(parts.place, 'is a unix socket, which has no TLS', 'unset REDIS_TLS_*');
  return { kind: 'single', host: 'localhost', port: REDIS_PORT, path, db: Number(db), auth };
}

function sentinelTarget(
  parts: Parts,
  common: { auth: RedisAuth; tls?: RedisTls },
  sentinelAuth: RedisAuth | undefined,
): RedisTarget {
  const [, name = '', db = ''] = /^\/([^/]+)(\/.*)?$/.exec(parts.path) ?? [];
  if (name === '')
    throw refused(parts.place, 'names no primary', 'the name that Sentinel knows: redis+sentinel://host/mymaster');
  return {
    kind: 'sentinel',
    sentinels: nodesOf(parts, SENTINEL_PORT),
    name: decode(name, parts.place),
    db: databaseOf(db, parts),
    ...common,
    ...(sentinelAuth === undefined ? {} : { sentinelAuth }),
  };
}

function tlsOf({ scheme, place }: Parts, { tls }: BesideUrl): { tls?: RedisTls } {
  if (scheme.startsWith('rediss')) return { tls: tls ?? {} };
  if (tls === undefined) return {};
  throw refused(
    place,
    'is not TLS although REDIS_TLS_* is set',
    `write ${scheme.replace('redis', 'rediss')}://, or unset it`,
  );
}

function databaseOf(path: string, { place }: Parts): number {
  const match = /^\/?(\d{0,5})$/.exec(path);
  if (match === null) throw refused(place, 'ends in something else than a database', 'a number, such as /0');
  return Number(match[1]);
}

function onlyNode(parts: Parts): RedisNode {
  const [node, ...more] = nodesOf(parts, REDIS_PORT);
  if (node === undefined || more.length > 0) {
    throw refused(parts.place, 'names several hosts', 'redis+sentinel:// or redis+cluster:// take several');
  }
  return node;
}

function nodesOf({ nodes, place }: Parts, defaultPort: number): RedisNode[] {
  return nodes.split(',').map((node) => {
    const match = /^(\[[0-9a-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i.exec(node.trim());
    const port = Number(match?.[2] ?? defaultPort);
    if (match === null || port < 1 || port > 65_535) throw refused(place, 'has a host that cannot be read', FORMS);
    return { host: (match[1] ?? '').replaceAll(/^\[|\]$/g, ''), port };
  });
}

function refused(place: string, what: string, hint: string): BelfryError {
  return new BelfryError('BAD_CONFIG', `${place} ${what}`, { field: place, hint });
}
