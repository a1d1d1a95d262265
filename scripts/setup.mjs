#!/usr/bin/env node
// @ts-check
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildDist, isBuilt } from './setup/build.mjs';
import { ensureHelm, hasHelm } from './setup/helm.mjs';
import { whileLocked } from './setup/lock.mjs';
import { arePackagesInstalled, ensurePackages } from './setup/packages.mjs';
import { ensurePrometheus, hasPrometheus } from './setup/prometheus.mjs';
import { ensureRedis, findRedis } from './setup/redis.mjs';
import { SetupError, say } from './setup/say.mjs';

/** @typedef {'start' | 'test' | 'bench' | 'build'} Purpose what the set-up is for; `build` needs no Redis */

/**
 * What a machine must have, in order. To need one more thing, add a line: `has` must answer in milliseconds, for it
 * is asked at every start; `ensure` installs it and says so.
 * @type {{ for: Purpose[], has: (root: string, purpose: Purpose) => boolean, ensure: (root: string, purpose: Purpose) => Promise<unknown> }[]}
 */
const NEEDS = [
  { for: ['start', 'test', 'bench', 'build'], has: arePackagesInstalled, ensure: ensurePackages },
  {
    for: ['start', 'test', 'bench'],
    has: (root, purpose) => findRedis(root) !== undefined || isElsewhere(purpose),
    ensure: ensureRedis,
  },
  { for: ['test'], has: hasPrometheus, ensure: ensurePrometheus },
  { for: ['test'], has: hasHelm, ensure: (root) => ensureHelm(root) },
  {
    for: ['start', 'test', 'bench', 'build'],
    has: isBuilt,
    // Tests of one file may run while another does not compile; whoever starts Belfry wants to know.
    ensure: (root, purpose) => buildDist(root, { onTypeErrors: purpose === 'build' ? 'warn' : 'fail' }),
  },
];

const OLDEST_NODE = [20, 19];

/**
 * Brings a clone to where Belfry can run, and does nothing when it is there already. Two at once take turns.
 * @param {{ root: string, purpose: Purpose }} options
 */
export async function setUp({ root, purpose }) {
  requireNode();
  const needs = NEEDS.filter((need) => need.for.includes(purpose));
  if (needs.every((need) => need.has(root, purpose))) return;
  await whileLocked(join(root, '.belfry/setup.lock'), async () => {
    for (const need of needs) {
      if (!need.has(root, purpose)) await need.ensure(root, purpose);
    }
  });
}

/** Prints what went wrong, without a stack when it is something to act on. @param {unknown} error */
export function report(error) {
  say(wordsFor(error));
}

/** @param {unknown} error */
function wordsFor(error) {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SetupError) return error.message;
  const isAboutTheFolder = 'code' in error && ['EACCES', 'EROFS', 'ENOSPC', 'EPERM'].includes(String(error.code));
  if (!isAboutTheFolder) return error.stack ?? error.message;
  return `${error.message}\nThis folder must be writable for the user that starts Belfry, with room on its disk.`;
}

/** Whoever names a Redis needs none here; tests and benchmarks run their own all the same. @param {Purpose} purpose */
function isElsewhere(purpose) {
  const names = ['REDIS_URL', 'BELFRY_REDIS_URL', 'REDIS_URL_FILE', 'BELFRY_REDIS_URL_FILE'];
  return purpose === 'start' && names.some((name) => (process.env[name] ?? '') !== '');
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new SetupError(
    `this is Node ${process.versions.node}; Belfry needs ${OLDEST_NODE.join('.')} or later.`,
    'See https://nodejs.org/en/download',
  );
}

/** @param {string[]} args @returns {Purpose} */
function purposeOf(args) {
  const [flag = '--for', purpose = 'start', ...rest] = args;
  const known = /** @type {const} */ (['start', 'test', 'bench', 'build']).find((word) => word === purpose);
  if (flag === '--for' && known !== undefined && rest.length === 0) return known;
  throw new SetupError('usage: node scripts/setup.mjs [--for start|test|bench|build]');
}

/** Node answers for `node bin/belfry` what was typed, a file that there is not: it is `bin/belfry.js`. */
function isStartedItself() {
  const [, entry] = process.argv;
  return entry !== undefined && existsSync(entry) && realpathSync(entry) === import.meta.filename;
}

if (isStartedItself()) {
  const root = dirname(import.meta.dirname);
  try {
    await setUp({ root, purpose: purposeOf(process.argv.slice(2)) });
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
