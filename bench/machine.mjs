// @ts-check
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { readInfo, startRedisServer } from './redis_server.mjs';

const root = dirname(import.meta.dirname);

/** Where and with what the figures were taken. */
export async function describeMachine() {
  const redis = await startRedisServer();
  try {
    const info = await readInfo(redis.admin, 'server');
    return {
      date: new Date().toISOString(),
      commit: commit(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
      node: process.versions.node,
      redis: info.has('valkey_version')
        ? `Valkey ${info.get('valkey_version')}`
        : (info.get('redis_version') ?? 'unknown'),
      bullmq: versionOf('bullmq'),
      cronParser: versionOf('cron-parser'),
    };
  } finally {
    await redis.dispose();
  }
}

/** @param {string} name */
function versionOf(name) {
  const text = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8');
  return /** @type {{ version: string }} */ (JSON.parse(text)).version;
}

/** With `+` when the files differ from the commit. */
function commit() {
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', 'src', 'bench') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
