import { CAPACITY_DEFAULTS, type CapacityRequest } from '../core/capacity/request.ts';
import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { readSize } from '../core/size.ts';
import { parseDuration } from '../core/time/duration.ts';
import { wholeNumber } from './options.ts';

/** The flags of `belfry capacity`, as they are typed. */
export type CapacityWords = {
  runsPerDay: string;
  schedules: string;
  peak: string;
  duration: string;
  payload: string;
  jobs: string;
  historyAge: string;
  historyCount: string;
  backlog: string;
  slots: string;
  headroom: string;
  wait: string;
  limited?: true;
};

const SCALES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const MOST_RUNS = 1e13;
const MOST_SLOTS = 10_000;
const MOST_PAYLOAD_BYTES = 16 * 2 ** 20;
const MOST_MS = 366 * 86_400_000;

/** Throws BAD_USAGE, BAD_DURATION naming the flag. */
export function readCapacity(words: CapacityWords): CapacityRequest {
  return {
    runsPerDay: count(words.runsPerDay, '--runs-per-day', { from: 1, to: MOST_RUNS }),
    schedules: count(words.schedules, '--schedules', { from: 0, to: MOST_RUNS }),
    peakFactor: fraction(words.peak, '--peak', { from: 1, to: 1_000 }),
    durationMs: length(words.duration, '--duration'),
    payloadBytes: size(words.payload, '--payload'),
    jobs: count(words.jobs, '--jobs', { from: 1, to: 1e9 }),
    historyAgeMs: length(words.historyAge, '--history-age'),
    historyCount: wholeNumber(words.historyCount, '--history-count', { from: 0, to: 1_000_000 }),
    historyBytes: CAPACITY_DEFAULTS.historyBytes,
    backlogMs: length(words.backlog, '--backlog'),
    limits: words.limited === true ? 'limited' : 'none',
    slotsPerWorker: wholeNumber(words.slots, '--slots', { from: 10, to: MOST_SLOTS }),
    headroom: fraction(words.headroom, '--headroom', { from: 5, to: 100 }) / 100,
    waitMs: length(words.wait, '--wait', 1),
  };
}

/** `1000000`, `1M`, `2.5G`. */
function count(text: string, flag: string, { from, to }: { from: number; to: number }): number {
  const [, digits = '', scale = ''] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? [];
  // 1.1 × 1,000 is not quite whole in binary.
  const number = Math.round(Number(digits) * (SCALES[scale.toLowerCase()] ?? NaN) * 1e6) / 1e6;
  if (digits !== '' && Number.isInteger(number) && number >= from && number <= to) return number;
  throw refused(text, flag, `a whole number from ${String(from)} on, with k, M or G for short: 250k, 1M, 2.5G`);
}

function fraction(text: string, flag: string, { from, to }: { from: number; to: number }): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number >= from && number <= to) return number;
  throw refused(text, flag, `a number from ${String(from)} to ${String(to)}`);
}

function length(text: string, flag: string, least = 0): number {
  const ms = parseDuration(text, flag);
  if (ms >= least && ms <= MOST_MS) return ms;
  throw refused(text, flag, `from ${String(least)}ms to 366d`);
}

function size(text: string, flag: string): number {
  const bytes = readSize(text);
  if (bytes <= MOST_PAYLOAD_BYTES) return bytes;
  throw refused(text, flag, 'a size up to 16MiB, such as 200B or 2KiB');
}

function refused(text: string, flag: string, hint: string): BelfryError {
  return new BelfryError('BAD_USAGE', `${flag} is ${quote(text)}`, { field: flag, hint });
}
