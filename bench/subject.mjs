// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
/** What both systems are given to do. */

/** @typedef {{ account: string, partner: string, n: number }} Payload */

/** @typedef {'belfry' | 'bullmq'} SystemName */

/**
 * A cron rule and the first and last instant that it may name, epoch ms.
 * @typedef {{ pattern: string, first: number, last: number }} Rule
 */

/**
 * What the job's runs are bound by: nothing; a rate and slots, both far above need (of each partner in Belfry, of all runs
 * in BullMQ, which knows no other); or turns of its partners.
 * @typedef {'plain' | 'limited' | 'fair'} Terms
 */

/** A schedule as Belfry's client takes it. @typedef {import('../src/core/job.ts').ScheduleSpec} Spec */

/**
 * One of the two, opened on its own Redis by one process.
 * @typedef {object} System
 * @property {(terms: Terms) => Promise<void>} register says which job there is; once per Redis, before everything else
 * @property {(payloads: Payload[]) => Promise<unknown>} enqueue all of them in one call
 * @property {(numbers: number[], rule: Rule) => Promise<unknown>} addSchedules one schedule per number, which its payload carries
 * @property {(numbers: number[], spec: Spec) => Promise<unknown>} saveSchedules the same through the client; Belfry only
 * @property {(spec: Spec) => (n: number, fireTime: number) => number} dueTimes when a fire time of a schedule is due; Belfry only
 * @property {() => Promise<number>} catchUps schedules whose missed fire times are not all released yet; Belfry only
 * @property {() => Promise<number>} unfinished runs that are not settled yet
 * @property {(options: Work & { onRun: OnRun }) => Promise<void>} work
 * @property {() => Promise<void>} schedule does what a scheduler process does
 * @property {() => Record<string, number>} verdicts what became of fire times, counted by the scheduler; empty where it does not count
 * @property {() => Promise<void>} close
 */

/** `forMs`: the least and the most that a run takes, none where it is left out. @typedef {{ concurrency: number, terms?: Terms, forMs?: [number, number] }} Work */

/** @typedef {(fireTime: number, payload: Payload) => void} OnRun */

export const JOB = 'poll';
export const ATTEMPTS = 3;

/** @type {Payload} */
export const PAYLOAD = { account: 'a-123', partner: 'p-17', n: 1 };

/** Far above what any of the two can do. */
export const FAR_RATE = 1_000_000;

/** What a run does besides being counted: nothing, or it lasts as long as chance says. @param {Work['forMs']} forMs */
export function lastFor(forMs) {
  if (forMs === undefined) return Promise.resolve();
  const [least, most] = forMs;
  return pause(Math.round(least + Math.random() * (most - least)));
}

/** @param {number} count */
export const partnersOf = (count) => Array.from({ length: count }, (_, i) => `p-${String(i)}`);

/** @param {number} number */
export const scheduleId = (number) => `poll-${String(number)}`;
