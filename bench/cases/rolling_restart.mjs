// @ts-check
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openFleet } from '../fleet.mjs';
import { startRedisServer } from '../redis_server.mjs';
import { percentile } from '../statistics.mjs';

/** @typedef {import('../fleet.mjs').Fleet} Fleet */
/** @typedef {{ run: string, due: number, at: number }} Start epoch ms */

const PROCESSES = 20;
const SLOTS = 10;
const MAX_UNAVAILABLE = '10%';
const SCHEDULES = 5;
/** Runs enqueued a second, beside the schedules; each takes 200 ms, so that a fifth of the slots is busy. */
const PER_SECOND = 200;
const BATCH = 10;
const RUN_MS = 200;
const WARM_UP_MS = 5_000;
const BEFORE_MS = 20_000;
/** Node needs a core for most of a second to start. */
const STARTED_AT_ONCE = 4;
const LOOK_AGAIN_MS = 100;
const PATIENCE_MS = 60_000;

/** Payloads of a batch. */
const NOTHING = Array.from({ length: BATCH }, () => null);
const shipped = new URL('../../dist/library.js', import.meta.url).href;

/**
 * Twenty real worker processes of ten slots under load are restarted in waves by the command line, each started again by a
 * supervisor: how late runs start meanwhile, and before.
 * @type {import('../run_case.mjs').Case}
 */
export const rollingRestart = {
  figures: [
    { name: 'rolling-restart-before-p99', unit: 'ms', better: 'lower' },
    { name: 'rolling-restart-p99', unit: 'ms', better: 'lower' },
    { name: 'rolling-restart-ratio', unit: 'times', better: 'lower' },
  ],
  peer: 'none',
  async measure() {
    const redis = await startRedisServer();
    const fleet = openFleet({ socket: redis.socket, files: filesOf(), variables: { BELFRY_DRAIN: '10s' } });
    try {
      return await play(fleet, redis.socket);
    } finally {
      await fleet.dispose();
      await redis.dispose();
    }
  },
};

/** @param {Fleet} fleet @param {string} socket */
async function play(fleet, socket) {
  mkdirSync(join(fleet.folder, 'starts'));
  await fleet.launch('scheduler').up;
  const supervisor = supervise(fleet);
  await supervisor.start(PROCESSES);
  const { createClient } = /** @type {typeof import('../../src/library.ts')} */ (await import(shipped));
  const client = await createClient({ redis: `unix://${socket}` });
  const load = beginLoad(client);
  try {
    await pause(WARM_UP_MS);
    const from = Date.now();
    await pause(BEFORE_MS);
    supervisor.deploy('green');
    const began = Date.now();
    const words = ['--deployment', 'green', '--max-unavailable', MAX_UNAVAILABLE, '--json'];
    const { code, out, err } = await fleet.ask(['workers', 'restart', ...words]);
    const ended = Date.now();
    if (code !== 0) throw new Error(`the restart ended with ${String(code)}:\n${out}${err}`);
    const ids = await load.end();
    await untilStarted(fleet, ids);
    const starts = readStarts(fleet);
    const before = lagsOf(starts, from, began);
    const during = lagsOf(starts, began, ended);
    const values = {
      'rolling-restart-before-p99': before.p99Ms,
      'rolling-restart-p99': during.p99Ms,
      'rolling-restart-ratio': during.p99Ms / before.p99Ms,
    };
    return {
      values,
      detail: { processes: PROCESSES, seconds: (ended - began) / 1_000, before, during, ...judge(starts, ids) },
    };
  } finally {
    await load.end();
    client.close();
    supervisor.stop();
  }
}

/** A worker that ends with 0 is started again, as whatever is deployed then. @param {Fleet} fleet */
function supervise(fleet) {
  const state = { deployment: 'blue', isOn: true };
  const launch = () => {
    const worker = fleet.launch('worker', { BELFRY_DEPLOYMENT: state.deployment });
    void worker.ended.then((code) => state.isOn && code === 0 && launch());
    return worker;
  };
  return {
    async start(/** @type {number} */ count) {
      for (let up = 0; up < count; up += STARTED_AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(STARTED_AT_ONCE, count - up) }, () => launch().up));
    },
    deploy: (/** @type {string} */ deployment) => (state.deployment = deployment),
    stop: () => (state.isOn = false),
  };
}

/** @param {import('../../src/library.ts').LibraryClient} client */
function beginLoad(client) {
  /** @type {string[]} */
  const ids = [];
  let isOn = true;
  const pour = async () => {
    for (let next = Date.now(); isOn; next += (1_000 * BATCH) / PER_SECOND) {
      await pause(Math.max(0, next - Date.now()));
      ids.push(...(await client.enqueueMany('work', NOTHING)));
    }
  };
  const pouring = pour();
  return {
    async end() {
      isOn = false;
      await pouring;
      return ids;
    },
  };
}

/** @param {Fleet} fleet @param {string[]} ids */
async function untilStarted(fleet, ids) {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) {
    const seen = new Set(readStarts(fleet).map(({ run }) => run));
    if (ids.every((id) => seen.has(id))) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new Error(`not all of ${String(ids.length)} runs have started`);
}

/** What the jobs have written, one file per process. @param {Fleet} fleet @returns {Start[]} */
function readStarts(fleet) {
  const folder = join(fleet.folder, 'starts');
  const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return text
    .flatMap((lines) => lines.split('\n').slice(0, -1))
    .map((line) => {
      const [run = '', due, at] = line.split(' ');
      return { run, due: Number(due), at: Number(at) };
    });
}

/** Start − fire time (or enqueue) of what was due between two instants. @param {Start[]} starts @param {number} from @param {number} until */
function lagsOf(starts, from, until) {
  const lags = starts
    .filter(({ due }) => due >= from && due < until)
    .map(({ due, at }) => at - due)
    .sort((a, b) => a - b);
  return { runs: lags.length, p50Ms: percentile(lags, 0.5), p99Ms: percentile(lags, 0.99), maxMs: lags.at(-1) ?? NaN };
}

/** @param {Start[]} starts @param {string[]} ids */
function judge(starts, ids) {
  const seen = new Set(starts.map(({ run }) => run));
  return { repeated: starts.length - seen.size, lost: ids.filter((id) => !seen.has(id)).length };
}

/** @returns {Record<string, string>} */
function filesOf() {
  const job = (/** @type {string} */ schedule) => `import { defineJob } from 'belfry';
import { noted } from './_starts.ts';
export default defineJob({ ${schedule}run: noted });
`;
  /** @type {Record<string, string>} */
  const files = {
    'belfry.config.json': JSON.stringify({ pools: { default: { queues: ['*'], concurrency: SLOTS } } }),
    'jobs/_starts.ts': STARTS,
    'jobs/work.ts': job(''),
  };
  for (let i = 0; i < SCHEDULES; i += 1)
    files[`jobs/tick-${String(i)}.ts`] = job("schedule: { every: '1s', overlap: 'allow' }, ");
  return files;
}

/** Lines are collected, so that writing them costs the run nothing. */
const STARTS = `import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
const file = \`starts/\${process.pid}\`;
let lines = '';
const flush = () => {
  if (lines !== '') appendFileSync(file, lines);
  lines = '';
};
setInterval(flush, 250).unref();
process.on('exit', flush);
export const noted = async ({ run }: { run: { id: string; fireTime: number } }) => {
  lines += \`\${run.id} \${run.fireTime} \${Date.now()}\\n\`;
  await pause(${String(RUN_MS)});
};
`;
