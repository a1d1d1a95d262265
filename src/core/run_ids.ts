import { hashName } from './job_record.ts';

/**
 * Ids of runs that no schedule fired: UUIDv7 (RFC 9562 §5.7), made for a batch at once. The first id of a batch is random
 * beyond its time and the 16 bits that tell its job; the others count on in its last 32 bits (§6.2, method 1), so a batch
 * is sent as its first id and a length, and sorts in the order in which it was enqueued.
 */
const COUNTER_DIGITS = 8;
/** Half of the counter's range, so that no batch of up to 2^31 runs it over. */
const COUNTER_START_MASK = 0x7fffffff;

/** Where the four digits of the job begin. */
const JOB_AT = 24;
const UUID_LENGTH = 36;

/** A UUIDv7 to count a batch from, out of the library's: it tells the job, and its counter starts in the lower half. */
export function firstIdOf(uuid: string, job: string): string {
  const counter = parseInt(uuid.slice(-COUNTER_DIGITS), 16) & COUNTER_START_MASK;
  return uuid.slice(0, JOB_AT) + digitsOf(job) + hex(counter);
}

/** Whether a run with this id can be one of the job: false only for an id of another job, made by `firstIdOf`. */
export function mayBeOf(id: string, job: string): boolean {
  const isOurs = id.length === UUID_LENGTH && id[14] === '7' && id[8] === '-';
  return !isOurs || id.slice(JOB_AT, JOB_AT + 4) === digitsOf(job);
}

/** What tells the job in the ids of its runs. */
export function digitsOf(job: string): string {
  return (hashName(job) & 0xffff).toString(16).padStart(4, '0');
}

/** The ids of a batch, in order; the enqueue script computes the same. */
export function idsFrom(firstId: string, count: number): string[] {
  if (count === 1) return [firstId];
  const stem = firstId.slice(0, -COUNTER_DIGITS);
  const start = parseInt(firstId.slice(-COUNTER_DIGITS), 16);
  const ids = new Array<string>(count);
  for (let i = 0; i < count; i += 1) ids[i] = stem + hex(start + i);
  return ids;
}

function hex(number: number): string {
  return number.toString(16).padStart(COUNTER_DIGITS, '0');
}
