// @ts-check
import { Queue, Worker } from 'bullmq';
import { ATTEMPTS, FAR_RATE, JOB, lastFor, PAYLOAD, scheduleId } from '../subject.mjs';

const JOB_OPTIONS = { attempts: ATTEMPTS, removeOnComplete: true };
/** Schedules put in at the same time; more bring nothing. */
const ADD_AT_ONCE = 200;

/** @typedef {import('bullmq').Job<import('../subject.mjs').Payload>} ScheduledJob */

/** @param {string} socket @returns {Promise<import('../subject.mjs').System>} */
export async function openBullMQ(socket) {
  const connection = { path: socket, maxRetriesPerRequest: null };
  const queue = new Queue(JOB, { connection });
  queue.on('error', failLoudly);
  await queue.waitUntilReady();
  /** @type {Worker[]} */
  const workers = [];
  return {
    register: () => Promise.resolve(),
    enqueue: (payloads) => queue.addBulk(payloads.map((data) => ({ name: JOB, data, opts: JOB_OPTIONS }))),
    addSchedules: (numbers, rule) => addSchedules(queue, numbers, rule),
    saveSchedules: notMeasured,
    dueTimes: notMeasured,
    catchUps: notMeasured,
    async unfinished() {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    async work({ concurrency, onRun, terms = 'plain', forMs }) {
      const handle = (/** @type {ScheduledJob} */ job) => {
        onRun(fireTimeOf(job), job.data);
        return lastFor(forMs);
      };
      const limiter = terms === 'limited' ? { limiter: { max: FAR_RATE, duration: 1_000 } } : {};
      const worker = new Worker(JOB, handle, { connection, concurrency, ...limiter });
      workers.push(worker);
      worker.on('error', failLoudly);
      await worker.waitUntilReady();
    },
    // Its workers do what a scheduler does.
    schedule: () => Promise.resolve(),
    verdicts: () => ({}),
    async close() {
      await Promise.all(workers.map((worker) => worker.close(true)));
      await queue.close();
    },
  };
}

/**
 * @param {Queue} queue
 * @param {number[]} numbers
 * @param {import('../subject.mjs').Rule} rule
 */
async function addSchedules(queue, numbers, { pattern, first, last }) {
  const repeat = { pattern, tz: 'UTC', startDate: first - 1, endDate: last + 1 };
  for (let from = 0; from < numbers.length; from += ADD_AT_ONCE) {
    await Promise.all(
      numbers
        .slice(from, from + ADD_AT_ONCE)
        .map((n) =>
          queue.upsertJobScheduler(scheduleId(n), repeat, { name: JOB, data: { ...PAYLOAD, n }, opts: JOB_OPTIONS }),
        ),
    );
  }
}

/** The id of a scheduled job is `repeat:<scheduler>:<fire time>`. @param {ScheduledJob} job */
function fireTimeOf({ id = '', timestamp }) {
  return id.startsWith('repeat:') ? Number(id.slice(id.lastIndexOf(':') + 1)) : timestamp;
}

/** A figure that was measured while something failed is none. @param {Error} error */
function failLoudly(error) {
  process.stderr.write(`bullmq: ${error.stack ?? error.message}\n`);
  process.exit(1);
}

/** @returns {never} */
function notMeasured() {
  throw new Error('this is measured for Belfry only');
}
