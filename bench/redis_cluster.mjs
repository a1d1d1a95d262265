// @ts-check
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer } from './redis_server.mjs';

const SLOTS = 16_384;
/** A node's bus listens this far above its port. */
const BUS_OFFSET = 10_000;
const SLOTS_A_CALL = 4_096;
const LOOK_AGAIN_MS = 50;
const PATIENCE_MS = 20_000;

/** @typedef {import('./redis_server.mjs').RedisServer} RedisServer */
/** @typedef {{ masters: RedisServer[], url: string, dispose: () => Promise<void> }} RedisCluster */

/**
 * A real Redis Cluster of masters on loopback ports. The keys with `tags[i]` lie on master `i`; the other slots are
 * shared out equally.
 * @param {{ masters: number, tags: string[], settings: Record<string, string> }} options
 * @returns {Promise<RedisCluster>}
 */
export async function startRedisCluster({ masters: count, tags, settings }) {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const masters = await Promise.all(
    ports.map((port) =>
      startRedisServer({ ...settings, port: String(port), bind: '127.0.0.1', 'cluster-enabled': 'yes' }),
    ),
  );
  const dispose = async () => void (await Promise.all(masters.map((master) => master.dispose())));
  try {
    await introduce(masters, ports, tags);
    return { masters, url: `redis+cluster://${ports.map((port) => `127.0.0.1:${String(port)}`).join(',')}`, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** @param {RedisServer[]} masters @param {number[]} ports @param {string[]} tags */
async function introduce(masters, ports, tags) {
  const owners = Array.from({ length: SLOTS }, (_, slot) => slot % masters.length);
  for (const [index, tag] of tags.entries()) {
    const slot = Number(await masters[0]?.admin.cluster('KEYSLOT', `{${tag}}`));
    owners[slot] = index % masters.length;
  }
  for (const [index, { admin }] of masters.entries()) {
    const own = owners.flatMap((owner, slot) => (owner === index ? [slot] : []));
    for (let from = 0; from < own.length; from += SLOTS_A_CALL) {
      await admin.cluster('ADDSLOTS', ...own.slice(from, from + SLOTS_A_CALL));
    }
    await admin.cluster('SET-CONFIG-EPOCH', index + 1);
    if (index > 0) await admin.cluster('MEET', '127.0.0.1', ports[0] ?? 0);
  }
  await Promise.all(masters.map(({ admin }) => untilWhole(admin, masters.length)));
}

/** @param {import('ioredis').Redis} admin @param {number} count */
async function untilWhole(admin, count) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    const info = await admin.cluster('INFO');
    if (info.includes('cluster_state:ok') && info.includes(`cluster_size:${String(count)}`)) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error('the masters of a cluster have not met in time');
}

/** A loopback port whose bus port is one too. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port + BUS_OFFSET > 65_535 ? freePort() : port));
    });
  });
}
