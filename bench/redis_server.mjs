// @ts-check
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from '../scripts/setup/redis.mjs';

/** The same for both systems, and as Belfry sets its own Redis: durable to within a second, and nothing is evicted. */
const SETTINGS = {
  port: '0',
  appendonly: 'yes',
  appendfsync: 'everysec',
  'auto-aof-rewrite-percentage': '300',
  'auto-aof-rewrite-min-size': '256mb',
  save: '',
  'maxmemory-policy': 'noeviction',
};
const LOOK_AGAIN_MS = 20;

/**
 * @typedef {object} RedisServer
 * @property {string} socket
 * @property {Redis} admin
 * @property {() => Promise<number>} cpuSeconds user and system time of the server so far
 * @property {() => Promise<number>} usedBytes used memory after MEMORY PURGE, with no AOF rewrite under way
 * @property {() => Promise<void>} dispose ends it and removes its folder
 */

/**
 * A fresh redis-server on a unix socket in a folder of its own.
 * @param {Record<string, string>} [others] settings beside the common ones, or instead of them
 * @returns {Promise<RedisServer>}
 */
export async function startRedisServer(others = {}) {
  const binary = findRedis(dirname(import.meta.dirname));
  if (binary === undefined) throw new Error('no redis-server or valkey-server here: run `npm run setup`');
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'));
  const socket = join(folder, 'redis.sock');
  const settings = Object.entries({ ...SETTINGS, ...others, unixsocket: socket, dir: folder });
  const child = spawn(
    binary,
    settings.flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const removeAll = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeAll);
  await untilReady(child);
  const admin = new Redis({ path: socket });
  return {
    socket,
    admin,
    cpuSeconds: async () => {
      const info = await readInfo(admin, 'cpu');
      return Number(info.get('used_cpu_user')) + Number(info.get('used_cpu_sys'));
    },
    usedBytes: () => usedBytes(admin),
    async dispose() {
      admin.disconnect();
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
      process.off('exit', removeAll);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {Redis} admin */
async function usedBytes(admin) {
  for (let isRewriting = true; isRewriting;) {
    const info = await readInfo(admin, 'persistence');
    isRewriting = info.get('aof_rewrite_in_progress') !== '0' || info.get('aof_rewrite_scheduled') !== '0';
    if (isRewriting) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  await admin.call('MEMORY', 'PURGE');
  return Number((await readInfo(admin, 'memory')).get('used_memory'));
}

/** @param {Redis} admin @param {'cpu' | 'memory' | 'persistence' | 'server' | 'stats'} section */
export async function readInfo(admin, section) {
  const lines = (await admin.info(section)).split('\r\n');
  return new Map(lines.map((line) => /** @type {[string, string]} */ (line.split(':', 2))));
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<void>} */
function untilReady(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (/ready to accept connections/i.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended before it was ready:\n${output}`)));
  });
}
