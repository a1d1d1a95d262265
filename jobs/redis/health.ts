import { defineJob } from 'belfry';
import { recall, remember } from '../_lib/data.ts';
import { withRedis } from '../_lib/redis.ts';
import type { Reply } from '../_lib/resp.ts';

type LastLook = { server: string; evicted: number; slowId: number };
type SlowCall = { id: number; ms: number; command: string };

/** Above this, more memory is lost to fragmentation than is worth it; below 50 MiB the figure says nothing. */
const FRAGMENTATION_LIMIT = 1.5;
const FRAGMENTATION_FROM_BYTES = 50 * 1024 * 1024;
const SHARE_TO_WARN = 0.8;
const SLOW_CALLS_READ = 128;

export default defineJob({
  description: 'Memory, clients, evictions, slow calls and AOF of the Redis that Belfry runs on',
  owner: 'belfry',
  schedule: { cron: '*/30 * * * * *' },
  timeout: '10s',
  retry: { attempts: 2, backoff: { type: 'fixed', initial: '2s' } },
  slo: { lag: '15s' },
  async run({ log, signal }) {
    const { info, slowLog } = await withRedis(
      async (call) => ({
        info: readInfo(String(await call('INFO', 'everything'))),
        slowLog: readSlowLog(await call('SLOWLOG', 'GET', SLOW_CALLS_READ)),
      }),
      signal,
    );
    const number = (key: string): number => Number(info.get(key) ?? 0);
    const before = await recall<LastLook>('redis-health');
    const server = info.get('run_id') ?? '';
    // A restarted server counts from zero again; what it did before the first look is not news either.
    const last = before?.server === server ? before : undefined;
    const slow = last === undefined ? [] : slowLog.filter(({ id }) => id > last.slowId);
    const evicted = last === undefined ? 0 : number('evicted_keys') - last.evicted;
    await remember('redis-health', {
      server,
      evicted: number('evicted_keys'),
      slowId: slowLog[0]?.id ?? last?.slowId ?? -1,
    });

    const report = {
      usedBytes: number('used_memory'),
      maxBytes: number('maxmemory'),
      fragmentation: number('mem_fragmentation_ratio'),
      clients: number('connected_clients'),
      maxClients: number('maxclients'),
      evicted,
      slowCalls: slow.length,
      aof: readAof(info),
    };
    for (const [message, fields] of findFaults(report)) log.warn(message, fields);
    for (const { ms, command } of slow.slice(0, 10)) log.warn(`a call took ${ms} ms`, { command });
    return report;
  },
});

type Report = {
  usedBytes: number;
  maxBytes: number;
  fragmentation: number;
  clients: number;
  maxClients: number;
  evicted: number;
  aof: ReturnType<typeof readAof>;
};

function* findFaults(report: Report): Generator<[message: string, fields: Record<string, unknown>]> {
  const { usedBytes, maxBytes, fragmentation, clients, maxClients, evicted, aof } = report;
  if (maxBytes > 0 && usedBytes > maxBytes * SHARE_TO_WARN) yield ['Redis is nearly full', { usedBytes, maxBytes }];
  if (fragmentation > FRAGMENTATION_LIMIT && usedBytes > FRAGMENTATION_FROM_BYTES) {
    yield ['memory of Redis is fragmented', { fragmentation, usedBytes }];
  }
  if (maxClients > 0 && clients > maxClients * SHARE_TO_WARN)
    yield ['connections of Redis run out', { clients, maxClients }];
  if (evicted > 0) yield ['Redis has evicted keys: runs may be lost; set maxmemory-policy noeviction', { evicted }];
  if (!aof.enabled) yield ['Redis keeps no AOF: a restart loses what came since the last snapshot', {}];
  if (aof.lastWrite !== 'ok' || aof.lastRewrite !== 'ok') yield ['the AOF of Redis fails', { ...aof }];
}

function readAof(info: Map<string, string>) {
  return {
    enabled: info.get('aof_enabled') === '1',
    lastWrite: info.get('aof_last_write_status') ?? 'ok',
    lastRewrite: info.get('aof_last_bgrewrite_status') ?? 'ok',
    bytes: Number(info.get('aof_current_size') ?? 0),
    delayedFsyncs: Number(info.get('aof_delayed_fsync') ?? 0),
  };
}

/** Fields of INFO; the sections do not matter, their names being unique. */
function readInfo(text: string): Map<string, string> {
  const pairs = text.split('\r\n').filter((line) => !line.startsWith('#') && line.includes(':'));
  return new Map(pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** Newest first. Arguments may hold a user's data, so only the command's name is kept. */
function readSlowLog(reply: Reply): SlowCall[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((entry) => {
    if (!Array.isArray(entry)) return [];
    const [id, , micros, words] = entry;
    return [{ id: Number(id), ms: Number(micros) / 1000, command: String(Array.isArray(words) ? words[0] : '?') }];
  });
}
