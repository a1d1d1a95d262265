// @ts-check
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { unpackRedis } from './apt.mjs';
import { run, tailOf } from './run.mjs';
import { SetupError, say } from './say.mjs';

const SERVERS = ['redis-server', 'valkey-server'];

const BY_HAND = `Belfry keeps its schedules in Redis and found no redis-server or valkey-server. Install one:
  Debian, Ubuntu   sudo apt-get install redis-server
  Fedora, RHEL     sudo dnf install valkey
  Alpine           sudo apk add redis
  Arch             sudo pacman -S valkey
  macOS            brew install redis
Or use a Redis that runs elsewhere: REDIS_URL=redis://host:6379 npm start`;

/**
 * The server that set-up unpacked, or the first one on the PATH.
 * @param {string} root
 * @param {string} [searchPath]
 * @returns {string | undefined}
 */
export function findRedis(root, searchPath = process.env['PATH'] ?? '') {
  const folders = [join(root, '.belfry/bin'), ...searchPath.split(delimiter).filter((folder) => folder !== '')];
  return folders.flatMap((folder) => SERVERS.map((name) => join(folder, name))).find(isExecutable);
}

/**
 * Makes sure that there is a Redis server to run, by the system's own packages where it can.
 * @param {string} root
 */
export async function ensureRedis(root) {
  if (findRedis(root) !== undefined) return;
  if (await has('apt-get', 'dpkg-deb')) await unpackRedis(root);
  else if (await has('brew')) await brewRedis();
  if (findRedis(root) === undefined) throw new SetupError(BY_HAND);
}

async function brewRedis() {
  say('installing Redis with Homebrew (brew install redis): Belfry keeps its schedules and runs in it');
  const { code, output } = await run('brew', ['install', 'redis']);
  if (code !== 0) throw new SetupError(`brew install redis failed:\n${tailOf(output)}`, BY_HAND);
}

/** @param {string[]} programs */
async function has(...programs) {
  const outcomes = await Promise.all(programs.map((program) => run(program, ['--version'])));
  return outcomes.every(({ code }) => code === 0);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
