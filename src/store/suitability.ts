import { Cluster } from 'ioredis';
import type { Connection } from './connect.ts';
import { translateRedisError } from './errors.ts';

/** Something about the Redis that matters for a scheduler. `error`: Belfry cannot keep its promises on it. */
export type Finding = { level: 'ok' | 'warning' | 'error'; check: string; says: string; hint?: string };

const MIN_VERSION = [6, 2] as const;

/** Looks at version, role, eviction and durability. A setting that may not be read (managed Redis) gives a warning. */
export async function inspectRedis(connection: Connection): Promise<Finding[]> {
  const node = connection instanceof Cluster ? connection.nodes('master')[0] : connection;
  if (!node) return [{ level: 'error', check: 'cluster', says: 'the cluster has no reachable master' }];
  try {
    const info = parseInfo(await node.info());
    const policy = await readSetting(node, 'maxmemory-policy');
    return [
      judgeVersion(info),
      judgeRole(info),
      judgeEviction(policy ?? info.get('maxmemory_policy')),
      judgeAof(info),
      ...judgeReplicas(info),
    ];
  } catch (error) {
    throw translateRedisError(error);
  }
}

export function parseInfo(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
}

async function readSetting(node: { config(verb: 'GET', name: string): Promise<unknown> }, name: string) {
  const reply = await node.config('GET', name).catch(() => undefined);
  return Array.isArray(reply) ? (reply[1] as string | undefined) : undefined;
}

function judgeVersion(info: Map<string, string>): Finding {
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]);
  return old
    ? { level: 'error', check: 'version', says: `Redis ${version} is too old`, hint: 'Redis 6.2 or later, or Valkey' }
    : { level: 'ok', check: 'version', says: `Redis ${version}` };
}

function judgeRole(info: Map<string, string>): Finding {
  const role = info.get('role') ?? 'master';
  return role === 'master'
    ? { level: 'ok', check: 'role', says: 'this is a primary' }
    : {
        level: 'error',
        check: 'role',
        says: 'this is a read-only replica',
        hint: 'point REDIS_URL at the primary or at Sentinel',
      };
}

function judgeEviction(policy: string | undefined): Finding {
  if (policy === undefined) {
    return {
      level: 'warning',
      check: 'eviction',
      says: 'maxmemory-policy cannot be read',
      hint: 'make sure that it is noeviction',
    };
  }
  return policy === 'noeviction'
    ? { level: 'ok', check: 'eviction', says: 'maxmemory-policy is noeviction' }
    : {
        level: 'error',
        check: 'eviction',
        says: `maxmemory-policy is ${policy}: Redis may drop schedules and runs`,
        hint: 'CONFIG SET maxmemory-policy noeviction',
      };
}

function judgeAof(info: Map<string, string>): Finding {
  if (info.get('aof_enabled') !== '1') {
    return {
      level: 'warning',
      check: 'durability',
      says: 'AOF is off: a restart of Redis loses runs and schedules since the last snapshot',
      hint: 'CONFIG SET appendonly yes, with appendfsync everysec',
    };
  }
  return info.get('aof_last_write_status') === 'ok'
    ? { level: 'ok', check: 'durability', says: 'AOF is on' }
    : { level: 'error', check: 'durability', says: 'the last AOF write failed', hint: 'look at the disk of Redis' };
}

function judgeReplicas(info: Map<string, string>): Finding[] {
  if (info.get('connected_slaves') === '0' || info.has('min_slaves_good_slaves')) return [];
  return [
    {
      level: 'warning',
      check: 'replicas',
      says: 'min-replicas-to-write is 0: an isolated primary goes on accepting writes that will be lost',
      hint: 'CONFIG SET min-replicas-to-write 1 and min-replicas-max-lag 3',
    },
  ];
}
