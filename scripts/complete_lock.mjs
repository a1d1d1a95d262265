#!/usr/bin/env node
// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} Locked
 * @typedef {{ packages: Record<string, Locked> }} Lock
 */

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'wasm32',
  'win32',
];

/**
 * The optional packages that the lock names and does not describe. npm leaves them out where a registry mirror lacks
 * the builds for other systems; `npm ci` then refuses the lock everywhere.
 * @param {Lock} lock
 * @returns {[path: string, locked: Locked][]}
 */
export function missingFromLock(lock) {
  return Object.values(lock.packages).flatMap(({ optionalDependencies = {}, dev }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => lock.packages[`node_modules/${name}`]?.version === undefined)
      .map(([name, version]) => [`node_modules/${name}`, describe(name, version, dev)]),
  );
}

/**
 * The systems a build is for are in its name, `@oxlint/binding-linux-x64-musl`. Its checksum stays out, for npm to
 * fill in where the package can be had.
 * @param {string} name
 * @param {string} version
 * @param {boolean | undefined} dev
 * @returns {Locked}
 */
function describe(name, version, dev) {
  const words = name.replace(/^@[^/]+\//, '').split('-');
  const at = words.findIndex((word) => SYSTEMS.includes(word));
  const [os = '', cpu = '', abi = ''] = at === -1 ? [] : words.slice(at);
  const libc = os !== 'linux' || abi === '' ? {} : { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] };
  const place = os === 'wasm32' ? { cpu: ['wasm32'] } : { os: [os], cpu: [cpu], ...libc };
  return { version, ...(dev === true ? { dev } : {}), optional: true, ...(at === -1 ? {} : place) };
}

if (process.argv[1] === import.meta.filename) {
  const file = join(dirname(import.meta.dirname), 'package-lock.json');
  const lock = /** @type {Lock} */ (JSON.parse(readFileSync(file, 'utf8')));
  const missing = missingFromLock(lock);
  const sorted = Object.entries({ ...lock.packages, ...Object.fromEntries(missing) }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
  console.log(`${String(missing.length)} package(s) added to package-lock.json`);
}
