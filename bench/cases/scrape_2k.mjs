// @ts-check
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startRedisServer } from '../redis_server.mjs';
import { percentile } from '../statistics.mjs';

const JOBS = 2_000;
const SCRAPES = 40;
/** Longer than a reading is kept, so that each scrape pays for its own. */
const APART_MS = 1_100;
const LOOK_AGAIN_MS = 500;
const PATIENCE_MS = 180_000;
const MAIN = join(import.meta.dirname, '../../dist/main.js');

/**
 * From the request to the last byte of `/metrics` of a process in all roles with 2,000 jobs, each of which fires and runs
 * twice a minute meanwhile. @type {import('../run_case.mjs').Case}
 */
export const scrape2k = {
  figures: [
    { name: 'scrape-2k-p50', unit: 'ms', better: 'lower' },
    { name: 'scrape-2k-p99', unit: 'ms', better: 'lower' },
  ],
  peer: 'none',
  measure: () => withBelfry(measureScrapes),
};

/** @param {string} url @returns {Promise<import('../run_case.mjs').Measurement>} */
async function measureScrapes(url) {
  await untilAllRan(url);
  /** @type {number[]} */
  const took = [];
  /** @type {Buffer} */
  let body = Buffer.alloc(0);
  for (let i = 0; i < SCRAPES; i += 1) {
    await pause(APART_MS);
    const before = performance.now();
    body = await scrape(url);
    took.push(performance.now() - before);
  }
  const sorted = took.sort((a, b) => a - b);
  const samples = body
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length;
  return {
    values: { 'scrape-2k-p50': percentile(sorted, 0.5), 'scrape-2k-p99': percentile(sorted, 0.99) },
    detail: { scrapes: SCRAPES, samples, bytes: body.byteLength, maxMs: sorted.at(-1) },
  };
}

/** Takes the bytes as they come and reads them later: the reader is not what is measured. @param {string} url @returns {Promise<Buffer>} */
function scrape(url) {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/metrics`, (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
      response.once('end', () => resolve(Buffer.concat(chunks)));
    });
    request.once('error', reject);
  });
}

/** @param {string} url */
async function untilAllRan(url) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    const text = (await scrape(url)).toString();
    if ([...text.matchAll(/^belfry_schedule_delay_seconds_count/gm)].length === JOBS) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`not all of ${String(JOBS)} jobs have run`);
}

/**
 * @template Result
 * @param {(url: string) => Promise<Result>} use
 */
async function withBelfry(use) {
  const redis = await startRedisServer();
  const folder = mkdtempSync(join(tmpdir(), 'belfry-bench-'));
  writeJobs(join(folder, 'jobs'));
  const child = spawn(process.execPath, [MAIN, 'start'], {
    cwd: folder,
    env: { ...process.env, REDIS_URL: `unix://${redis.socket}`, BELFRY_PORT: '0', BELFRY_LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 2],
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    return await use(await urlOf(child));
  } finally {
    child.kill('SIGTERM');
    await exited;
    process.off('exit', endWithUs);
    await redis.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function writeJobs(folder) {
  mkdirSync(folder);
  const fields = `owner: 'bench@example.com', schedule: { every: '30s', window: '30s' }, timeout: '10s', run: () => null`;
  const text = `import { defineJob } from 'belfry';\nexport default defineJob({ ${fields} });\n`;
  for (let i = 0; i < JOBS; i += 1) writeFileSync(join(folder, `job_${String(i)}.ts`), text);
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<string>} */
function urlOf(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-4_000);
      const found = /http:\/\/[\d.]+:\d+/.exec(output)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`belfry ended (${String(code)}) before it was up:\n${output}`)));
  });
}
