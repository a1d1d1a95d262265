// @ts-check
import { randomUUID } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { ATTEMPTS, FAR_RATE, JOB, lastFor, PAYLOAD } from '../subject.mjs';

/**
 * A module as it is shipped, with the types of its source.
 * @param {string} path below dist/
 * @returns {Promise<unknown>}
 */
const shipped = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);

const { assemble } = /** @type {typeof import('../../src/assembly.ts')} */ (await shipped('assembly.js'));
const { loadConfig } = /** @type {typeof import('../../src/config.ts')} */ (await shipped('config.js'));
const { createEventBus } = /** @type {typeof import('../../src/core/events.ts')} */ (await shipped('core/events.js'));
const { compileJob } = /** @type {typeof import('../../src/core/compile_job.ts')} */ (
  await shipped('core/compile_job.js')
);
const { createFace } = /** @type {typeof import('../../src/roles/face.ts')} */ (await shipped('roles/face.js'));
const { createLog } = /** @type {typeof import('../../src/telemetry/log.ts')} */ (await shipped('telemetry/log.js'));
const { planRegistration } = /** @type {typeof import('../../src/core/registration.ts')} */ (
  await shipped('core/registration.js')
);

const { compileSchedule } = /** @type {typeof import('../../src/core/compiled_schedule.ts')} */ (
  await shipped('core/compiled_schedule.js')
);
const { compileRule } = /** @type {typeof import('../../src/core/time/compile_rule.ts')} */ (
  await shipped('core/time/compile_rule.js')
);
const { dueTimeOf } = /** @type {typeof import('../../src/core/tick.ts')} */ (await shipped('core/tick.js'));

/** @typedef {import('../../src/runtime/service.ts').Service} Service */
/** @typedef {import('../../src/core/job.ts').RunContext<import('../subject.mjs').Payload>} Context */

/** The process that `belfry start` would describe. @type {import('../../src/roles/host.ts').Host} */
const HOST = {
  env: {},
  cwd: tmpdir(),
  name: hostname(),
  pid: process.pid,
  version: 'bench',
  nodeVersion: process.versions.node,
  tzVersion: process.versions['tz'] ?? '',
  bin: '',
  index: '',
  serverFolder: '',
  stop: new AbortController().signal,
  end: () => undefined,
  terminal: 'no',
  write: () => undefined,
  newId: randomUUID,
  random: Math.random,
  exportToJobs: () => undefined,
  onDefect: () => undefined,
};

/** Schedules per script call while they are put in. */
const SAVE_SIZE = 1_000;
/** Schedules per call of the client. */
const CALL_SIZE = 5_000;

/** @param {number} n */
const scheduleId = (n) => `${JOB}:${String(n)}`;

/** @param {string} socket @returns {Promise<import('../subject.mjs').System>} */
export async function openBelfry(socket) {
  const config = loadConfig({ env: { REDIS_URL: `unix://${socket}`, BELFRY_PORT: '0' }, cwd: tmpdir() });
  const events = createEventBus(failLoudly);
  events.on('tick.failed', ({ error }) => failLoudly(error));
  events.on('worker.claim_failed', ({ error }) => failLoudly(error));
  const assembly = assemble({
    target: config.redis,
    config: { ...config, cacheFolder: undefined },
    events,
    about: { host: HOST.name, pid: HOST.pid, version: HOST.version, tzVersion: HOST.tzVersion },
    newId: HOST.newId,
    random: HOST.random,
  });
  await assembly.connect();
  const client = await assembly.client();
  /** @type {Service[]} */
  const services = [];
  const start = async (/** @type {Service} */ service) => {
    services.push(service);
    await service.start();
  };
  /** Log, metrics and probes on a port, as every role of `belfry start` has them. @param {'scheduler' | 'worker'} role */
  const openFace = async (role) => {
    const log = createLog({ level: 'info', format: 'json', colour: 'off', write: () => undefined });
    const face = await createFace({ config, host: HOST, log, manners: 'start', roles: [role], events, assembly });
    await start(face.service);
    face.open();
    return face;
  };
  /** @type {Record<string, number>} */
  const verdicts = {};
  return {
    register: async (terms) => void (await client.apply([jobOf({ terms, onRun: () => undefined })])),
    enqueue: (payloads) => client.enqueueMany(JOB, payloads),
    addSchedules: (numbers, rule) => addSchedules(assembly.store.of(JOB), numbers, rule),
    saveSchedules: (numbers, spec) => saveSchedules(client.schedules, numbers, spec),
    dueTimes(spec) {
      const compiled = compileSchedule(scheduleId(0), compileRule(spec, { id: scheduleId(0) }));
      return (n, fireTime) => dueTimeOf(scheduleId(n), compiled, fireTime);
    },
    catchUps() {
      const { shard } = assembly.store.of(JOB);
      return shard.connection.hlen(shard.key('backfills'));
    },
    async unfinished() {
      const { shard } = assembly.store.of(JOB);
      return shard.connection.hlen(shard.key('runs'));
    },
    async work({ concurrency, ...rest }) {
      const face = await openFace('worker');
      const worker = await assembly.worker({ name: 'default', queues: ['*'], concurrency }, [jobOf(rest)]);
      face.watchWorkers([worker]);
      await start(worker);
    },
    async schedule() {
      const face = await openFace('scheduler');
      events.on('schedule.verdict', ({ word, count }) => {
        verdicts[word] = (verdicts[word] ?? 0) + count;
      });
      const scheduler = await assembly.scheduler(() => Promise.resolve());
      face.watchScheduler(scheduler);
      await start(scheduler);
    },
    verdicts: () => verdicts,
    async close() {
      for (const service of services.reverse()) await service.stop();
      assembly.close();
    },
  };
}

/** Terms as a job file says them. @type {Record<import('../subject.mjs').Terms, Partial<import('../../src/core/job.ts').JobSpec>>} */
const TERMS = {
  plain: {},
  limited: { limits: [{ key: 'partner:{partner}', rate: `${String(FAR_RATE)}/1s`, concurrency: FAR_RATE }] },
  fair: { fairness: 'partner:{partner}' },
};

/** @param {{ onRun: import('../subject.mjs').OnRun, terms?: import('../subject.mjs').Terms, forMs?: [number, number] }} work */
function jobOf({ onRun, terms = 'plain', forMs }) {
  return compileJob(JOB, {
    ...TERMS[terms],
    retry: { attempts: ATTEMPTS },
    run: (/** @type {Context} */ { run, payload }) => {
      onRun(run.fireTime, payload);
      return lastFor(forMs);
    },
  });
}

/**
 * Puts schedules in by the steps of a registration: rule, plan, compare and save.
 * @param {import('../../src/store/store.ts').ShardStore} shard
 * @param {number[]} numbers
 * @param {import('../subject.mjs').Rule} rule its end is not needed: the scheduler is stopped after the last round
 */
async function addSchedules({ schedules }, numbers, { pattern, first }) {
  for (let from = 0; from < numbers.length; from += SAVE_SIZE) {
    const changes = numbers.slice(from, from + SAVE_SIZE).flatMap((n) => {
      const ruleJson = JSON.stringify({ c: pattern, p: { ...PAYLOAD, n } });
      const facts = { id: scheduleId(n), ruleJson, stored: undefined, value: undefined, quarantined: false };
      return planRegistration(facts, first - 1) ?? [];
    });
    const saved = await schedules.save(changes);
    if (saved.includes(false)) throw new Error('a schedule of the benchmark was there already');
  }
}

/**
 * @param {import('../../src/client/client.ts').Client['schedules']} schedules
 * @param {number[]} numbers
 * @param {import('../subject.mjs').Spec} schedule
 */
async function saveSchedules(schedules, numbers, schedule) {
  for (let from = 0; from < numbers.length; from += CALL_SIZE) {
    const entries = numbers
      .slice(from, from + CALL_SIZE)
      .map((n) => ({ job: JOB, key: String(n), schedule, payload: { ...PAYLOAD, n } }));
    const answers = await schedules.save(entries, 'create');
    const wrong = answers.find(({ answer }) => answer !== 'created');
    if (wrong) throw new Error(`a schedule of the benchmark was not created: ${JSON.stringify(wrong)}`);
  }
}

/** A figure that was measured while something failed is none. @param {unknown} error */
function failLoudly(error) {
  process.stderr.write(`belfry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
