// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { payloadsOf, untilEmpty } from './capacity_stage.mjs';

/** What is done on a stage, and what each thing done has cost. CPU in µs of a core, less what everybody uses while idle. */

/** @typedef {import('./capacity_stage.mjs').Stage} Stage */
/** @typedef {import('./capacity_stage.mjs').Sums} Sums */
/** CPU seconds per second of wall time. @typedef {{ redis: number[], worker: number, scheduler: number }} Idle */
/** Per thing done; `busiest` is the master that has used most. @typedef {{ redisUs: number, busiestUs: number, workerUs: number, schedulerUs: number, clientUs: number, aofBytes: number, receivedBytes: number, sentBytes: number }} Cost */

const QUEUE = 'default';
const BATCH = 500;
const CALLS = 4;
/** Under way at once, so that Redis is not drowned where it cannot keep pace. */
const MOST_CALLS = 100;
const SAVE_SIZE = 5_000;
/** From the last schedule saved to the first that is due. */
const SETTLE_MS = 1_000;
const LOOK_AGAIN_MS = 20;

/** @param {Stage} stage @param {number} seconds @returns {Promise<Idle>} */
export async function idle(stage, seconds) {
  const before = await stage.read();
  await pause(seconds * 1_000);
  const after = await stage.read();
  const per = after.at - before.at;
  return {
    redis: after.redis.map((cpu, i) => (cpu - (before.redis[i] ?? 0)) / per),
    worker: (after.worker - before.worker) / per,
    scheduler: (after.scheduler - before.scheduler) / per,
  };
}

/** @param {Sums} before @param {Sums} after @param {{ count: number, idling: Idle }} of @returns {Cost} */
function costBetween(before, after, { count, idling }) {
  const seconds = after.at - before.at;
  const us = (/** @type {number} */ used, /** @type {number} */ idleShare) =>
    (Math.max(0, used - idleShare * seconds) * 1e6) / count;
  const masters = after.redis.map((cpu, i) => us(cpu - (before.redis[i] ?? 0), idling.redis[i] ?? 0));
  return {
    redisUs: masters.reduce((sum, one) => sum + one, 0),
    busiestUs: Math.max(...masters),
    workerUs: us(after.worker - before.worker, idling.worker),
    schedulerUs: us(after.scheduler - before.scheduler, idling.scheduler),
    clientUs: us(after.client - before.client, 0),
    aofBytes: (after.aof - before.aof) / count,
    receivedBytes: (after.received - before.received) / count,
    sentBytes: (after.sent - before.sent) / count,
  };
}

/**
 * A backlog is put in while the queue is paused, and worked off then: full batches all the way.
 * @param {Stage} stage
 * @param {{ kind: 'plain' | 'limited', count: number, idling: Idle }} load
 */
export async function backlog(stage, { kind, count, idling }) {
  const { client, shards, jobOn, read } = stage;
  await client.queues.pause(QUEUE, { by: 'bench', note: 'a backlog is put in' });
  const before = await read();
  let left = count;
  const call = async () => {
    while (left > 0) {
      left -= BATCH;
      await client.enqueueMany(jobOn(kind, (left / BATCH) % shards), payloadsOf(BATCH, left));
    }
  };
  await Promise.all(Array.from({ length: CALLS }, call));
  const full = await read();
  const waitingBytes = await usedBytes(stage);
  const ready = await read();
  await client.queues.resume(QUEUE, { by: 'bench' });
  await untilEmpty(stage);
  const empty = await read();
  return {
    enqueue: costBetween(before, full, { count, idling }),
    work: costBetween(ready, empty, { count, idling }),
    seconds: empty.at - ready.at,
    waitingBytes,
  };
}

/**
 * Runs come one by one at a steady pace: batches are as small as this pace makes them.
 * @param {Stage} stage
 * @param {{ perSecond: number, seconds: number, idling: Idle }} pace
 */
export async function paced(stage, { perSecond, seconds, idling }) {
  await pour(stage, { perSecond, seconds: 1 });
  const before = await stage.read();
  const count = await pour(stage, { perSecond, seconds });
  await untilEmpty(stage);
  return costBetween(before, await stage.read(), { count, idling });
}

/** @param {Stage} stage @param {{ perSecond: number, seconds: number }} pace */
async function pour({ client, shards, jobOn }, { perSecond, seconds }) {
  const total = perSecond * seconds;
  const started = performance.now();
  /** @type {Set<Promise<unknown>>} */
  const calls = new Set();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) * perSecond) / 1_000));
    for (; sent < due && calls.size < MOST_CALLS; sent += 1) {
      const call = client.enqueueMany(jobOn('paced', sent % shards), payloadsOf(1, sent));
      calls.add(call);
      void call.then(() => calls.delete(call));
    }
    await pause(1);
  }
  await Promise.all(calls);
  return total;
}

/**
 * Enqueues one run at a time while the queue is paused: what a call alone costs.
 * @param {Stage} stage
 * @param {{ count: number, idling: Idle }} load
 */
export async function enqueueAlone(stage, { count, idling }) {
  const { client, jobOn, read } = stage;
  await client.queues.pause(QUEUE, { by: 'bench', note: 'runs are put in one by one' });
  const before = await read();
  for (let i = 0; i < count; i += 1) await client.enqueueMany(jobOn('plain', 0), payloadsOf(1, i));
  const cost = costBetween(before, await read(), { count, idling });
  await client.queues.resume(QUEUE, { by: 'bench' });
  await untilEmpty(stage);
  return cost;
}

/**
 * Schedules that are due once each, spread over some seconds, while nothing is taken up: what firing alone costs.
 * @param {Stage} stage
 * @param {{ count: number, seconds: number, idling: Idle, key: string }} herd
 */
export async function fires(stage, { count, seconds, idling, key }) {
  const { client, jobOn, read, unfinished } = stage;
  await client.queues.pause(QUEUE, { by: 'bench', note: 'schedules fire' });
  const first = Date.now() + SETTLE_MS + count / 10;
  await saveSchedules(stage, {
    count,
    key,
    job: jobOn('plain', 0),
    schedule: { at: new Date(first).toISOString(), window: `${String(seconds)}s` },
  });
  if (Date.now() > first) throw new Error('the schedules were not saved before they were due');
  await pause(first - Date.now() - LOOK_AGAIN_MS);
  const before = await read();
  while ((await unfinished()) < count) await pause(LOOK_AGAIN_MS);
  const cost = costBetween(before, await read(), { count, idling });
  await client.queues.resume(QUEUE, { by: 'bench' });
  await untilEmpty(stage);
  return cost;
}

/**
 * @param {Stage} stage
 * @param {{ count: number, key: string, job: string, schedule: import('../src/core/job.ts').ScheduleSpec }} what
 */
export async function saveSchedules({ client }, { count, key, job, schedule }) {
  for (let from = 0; from < count; from += SAVE_SIZE) {
    const size = Math.min(SAVE_SIZE, count - from);
    const entries = payloadsOf(size).map((payload, i) => ({
      job,
      key: `${key}-${String(from + i)}`,
      schedule,
      payload,
    }));
    const answers = await client.schedules.save(entries, 'create');
    const wrong = answers.find(({ answer }) => answer !== 'created');
    if (wrong !== undefined) throw new Error(`a schedule was not created: ${JSON.stringify(wrong)}`);
  }
}

/** @param {Stage} stage */
export async function usedBytes({ masters }) {
  const each = await Promise.all(masters.map((master) => master.usedBytes()));
  return each.reduce((sum, one) => sum + one, 0);
}
