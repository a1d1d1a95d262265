// @ts-check
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{ child: ChildProcess, up: Promise<void>, ended: Promise<number | null> }} FleetProcess */
/** @typedef {{ code: number | null, out: string, err: string }} Answer */

const MAIN = join(import.meta.dirname, '../dist/main.js');
const START_MS = 60_000;

/**
 * Real processes of `belfry start` over one folder, on one Redis.
 * @typedef {object} Fleet
 * @property {string} folder
 * @property {(role: 'scheduler' | 'worker', variables?: Record<string, string>) => FleetProcess} launch
 * @property {(words: string[]) => Promise<Answer>} ask runs one command to its end
 * @property {() => Promise<void>} dispose ends every process and removes the folder
 */

/**
 * @param {{ socket: string, files: Record<string, string>, variables: Record<string, string> }} options
 * @returns {Fleet}
 */
export function openFleet({ socket, files, variables }) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'belfry-bench-fleet-')));
  mkdirSync(join(folder, 'jobs'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  /** @type {Set<ChildProcess>} */
  const living = new Set();
  const killAll = () => living.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', killAll);
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, REDIS_URL: `unix://${socket}`, BELFRY_PORT: '0', BELFRY_LOG_FORMAT: 'json', ...variables };

  const start = (/** @type {string[]} */ words, /** @type {Record<string, string>} */ own) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      cwd: folder,
      env: { ...env, ...own },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    living.add(child);
    child.once('close', () => living.delete(child));
    return child;
  };
  return {
    folder,
    launch(role, own = {}) {
      const child = start(['start', '--role', role], own);
      return { child, up: untilUp(child, role), ended: endOf(child) };
    },
    async ask(words) {
      const child = start(words, {});
      const answer = { out: '', err: '' };
      child.stdout?.on('data', (chunk) => (answer.out += String(chunk)));
      child.stderr?.on('data', (chunk) => (answer.err += String(chunk)));
      return { code: await endOf(child), ...answer };
    },
    async dispose() {
      const ends = [...living].map((child) => new Promise((resolve) => child.once('close', resolve)));
      killAll();
      await Promise.all(ends);
      process.off('exit', killAll);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The exit code; null where a signal has ended it. @param {ChildProcess} child @returns {Promise<number | null>} */
function endOf(child) {
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

/** @param {ChildProcess} child @param {string} role @returns {Promise<void>} */
function untilUp(child, role) {
  const up = new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`a ${role} was not up in time:\n${output}`)), START_MS);
    const read = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (!output.includes('is up"')) return;
      clearTimeout(timer);
      resolve(undefined);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`a ${role} ended before it was up:\n${output}`));
    });
  });
  up.catch(() => undefined); // whoever launches it may end it before that
  return up;
}
