// @ts-check
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openFleet } from './fleet.mjs';
import { readInfo } from './redis_server.mjs';
import { FAR_RATE, PAYLOAD, partnersOf } from './subject.mjs';

/** One Belfry of real processes on one Redis or on the masters of a cluster, and what each of them has used so far. */

/** @typedef {import('./redis_server.mjs').RedisServer} RedisServer */
/** @typedef {'plain' | 'limited' | 'paced'} Kind */
/**
 * Sums since the start: CPU seconds, of each master too; bytes of the network and of the AOF of all masters.
 * @typedef {{ at: number, redis: number[], worker: number, scheduler: number, client: number, received: number, sent: number, aof: number }} Sums
 */
/**
 * @typedef {object} Stage
 * @property {number} shards
 * @property {RedisServer[]} masters
 * @property {import('../src/library.ts').LibraryClient} client
 * @property {(kind: Kind, shard: number) => string} jobOn a job of that kind that lives on the shard
 * @property {() => Promise<Sums>} read
 * @property {() => Promise<number>} unfinished runs that are not settled
 * @property {(count: number) => Promise<void>} addWorkers
 */

const SLOTS = 500;
const NAMESPACE = 'belfry';
/** Long enough that a worker holds runs at the same time, as with real handlers. */
const PACED_MS = 20;
/** What /proc counts CPU time in, on every Linux. */
const TICKS_PER_SECOND = 100;
const PARTNERS = partnersOf(215);
/** Rewrites of the AOF would be measured with whatever they fall on. */
export const REDIS_SETTINGS = { 'auto-aof-rewrite-percentage': '0' };

const shipped = (/** @type {string} */ path) => new URL(`../dist/${path}`, import.meta.url).href;

/** What the keys of a shard have in common. @param {number} shard */
export const tagOf = (shard) => `${NAMESPACE}:${String(shard)}`;

/** Payloads of the usual size, those of different partners in turns. @param {number} count @param {number} [from] */
export const payloadsOf = (count, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    ...PAYLOAD,
    partner: PARTNERS[(from + i) % PARTNERS.length] ?? PAYLOAD.partner,
  }));

/**
 * Starts a scheduler and a worker of 500 slots on a Redis that is there, and hands both to `play`.
 * @template Result
 * @param {{ url: string, masters: RedisServer[], shards: number }} redis
 * @param {(stage: Stage) => Promise<Result>} play
 * @returns {Promise<Result>}
 */
export async function withStage({ url, masters, shards }, play) {
  const { shardIndexOf } = /** @type {typeof import('../src/store/shard.ts')} */ (
    await import(shipped('store/shard.js'))
  );
  const { createClient } = /** @type {typeof import('../src/library.ts')} */ (await import(shipped('library.js')));
  const jobOn = (/** @type {Kind} */ kind, /** @type {number} */ shard) => {
    for (let n = 0; ; n += 1) if (shardIndexOf(`${kind}-${String(n)}`, shards) === shard) return `${kind}-${String(n)}`;
  };
  const variables = {
    REDIS_URL: url,
    BELFRY_SHARDS: String(shards),
    BELFRY_START_STAGGER: '0s',
    BELFRY_HISTORY_COUNT: '1000000',
    BELFRY_HISTORY_BYTES: '1GiB',
  };
  const fleet = openFleet({ socket: '', files: filesOf({ shards, jobOn }), variables });
  try {
    const scheduler = fleet.launch('scheduler');
    await scheduler.up;
    const worker = fleet.launch('worker');
    await worker.up;
    const client = await createClient({ redis: url, shards });
    try {
      return await play({
        shards,
        masters,
        client,
        jobOn,
        read: () => readSums({ masters, worker, scheduler }),
        unfinished: () => countUnfinished(masters, shards),
        addWorkers: async (count) =>
          void (await Promise.all(Array.from({ length: count }, () => fleet.launch('worker').up))),
      });
    } finally {
      client.close();
    }
  } finally {
    await fleet.dispose();
  }
}

/** @param {Pick<Stage, 'shards' | 'jobOn'>} stage @returns {Record<string, string>} */
function filesOf({ shards, jobOn }) {
  const limits = `limits: [{ key: 'partner:{partner}', rate: '${String(FAR_RATE)}/1s', concurrency: ${String(FAR_RATE)} }], `;
  /** @type {Record<Kind, string>} */
  const bodies = {
    plain: 'run: () => Promise.resolve()',
    limited: `${limits}run: () => Promise.resolve()`,
    paced: `run: () => new Promise((resolve) => setTimeout(resolve, ${String(PACED_MS)}))`,
  };
  const kinds = /** @type {[Kind, string][]} */ (Object.entries(bodies));
  const pools = { default: { queues: ['*'], concurrency: SLOTS } };
  /** @type {Record<string, string>} */
  const files = { 'belfry.config.json': JSON.stringify({ pools }) };
  for (const [kind, body] of kinds) {
    for (let shard = 0; shard < shards; shard += 1) {
      files[`jobs/${jobOn(kind, shard)}.ts`] =
        `import { defineJob } from 'belfry';\nexport default defineJob({ retry: { attempts: 3 }, ${body} });\n`;
    }
  }
  return files;
}

/**
 * @param {{ masters: RedisServer[], worker: import('./fleet.mjs').FleetProcess, scheduler: import('./fleet.mjs').FleetProcess }} parts
 * @returns {Promise<Sums>}
 */
async function readSums({ masters, worker, scheduler }) {
  const each = await Promise.all(
    masters.map(async ({ admin, cpuSeconds }) => {
      const stats = await readInfo(admin, 'stats');
      const persistence = await readInfo(admin, 'persistence');
      return {
        cpu: await cpuSeconds(),
        received: Number(stats.get('total_net_input_bytes')),
        sent: Number(stats.get('total_net_output_bytes')),
        aof: Number(persistence.get('aof_current_size')),
      };
    }),
  );
  const sum = (/** @type {'received' | 'sent' | 'aof'} */ key) => each.reduce((total, one) => total + one[key], 0);
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now() / 1_000,
    redis: each.map(({ cpu }) => cpu),
    worker: cpuSecondsOf(worker),
    scheduler: cpuSecondsOf(scheduler),
    client: (user + system) / 1e6,
    received: sum('received'),
    sent: sum('sent'),
    aof: sum('aof'),
  };
}

/** User and system time of a process and its threads: fields 14 and 15, counted behind the name, which may hold anything. */
function cpuSecondsOf(/** @type {import('./fleet.mjs').FleetProcess} */ { child }) {
  const text = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** @param {RedisServer[]} masters shard i lies on master i, in turns @param {number} shards */
async function countUnfinished(masters, shards) {
  let sum = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    sum += (await masters[shard % masters.length]?.admin.hlen(`{${tagOf(shard)}}:runs`)) ?? 0;
  }
  return sum;
}

/** @param {Stage} stage */
export async function untilEmpty({ unfinished }) {
  while ((await unfinished()) > 0) await pause(20);
}
