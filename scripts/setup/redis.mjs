// @ts-check
import { unpackPackages } from './apt.mjs';
import { areInstalled, findProgram, installWithBrew } from './programs.mjs';
import { SetupError } from './say.mjs';

const SERVERS = ['redis-server', 'valkey-server'];
const WHY = 'Belfry keeps its schedules and runs in it';

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
export function findRedis(root, searchPath) {
  return findProgram(root, SERVERS, searchPath);
}

/**
 * Makes sure that there is a Redis server to run, by the system's own packages where it can.
 * @param {string} root
 */
export async function ensureRedis(root) {
  if (findRedis(root) !== undefined) return;
  if (await areInstalled('apt-get', 'dpkg-deb')) {
    await unpackPackages(root, {
      name: 'Redis',
      why: WHY,
      // On Debian the program itself is in redis-tools; redis-server names it and its libraries.
      packages: ['redis-server', 'redis-tools'],
      programs: ['redis-server'],
      dependencies: 'those that lack',
      byHand: BY_HAND,
    });
  } else if (await areInstalled('brew')) {
    await installWithBrew({ formula: 'redis', words: `Redis: ${WHY}`, byHand: BY_HAND });
  }
  if (findRedis(root) === undefined) throw new SetupError(BY_HAND);
}
