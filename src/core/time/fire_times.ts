import { BelfryError } from '../errors.ts';
import type { ScheduleSpec } from '../job.ts';
import { quote } from '../quote.ts';
import { compileRule } from './compile_rule.ts';
import { compileTiming } from './timing.ts';
import type { FindCalendar, Timing } from './timing.ts';
import type { EpochMs } from './units.ts';

/** More than this is a report, not a question. */
const MOST_FIRE_TIMES = 10_000;

export type FireTimeOptions = {
  /** The instant to look from, epoch ms. */
  from: EpochMs;
  /** Whether a fire time at `from` itself counts. Default false. */
  inclusive?: boolean;
  /** Zone of a spec that is cron text, or that names none. Default `UTC`. */
  timezone?: string;
  /** Id of the schedule, which decides what `H` stands for. Without it `H` has the values of the empty id. */
  id?: string;
  /** The calendars that `except` may name. */
  calendars?: FindCalendar;
};

/**
 * The next fire times of a schedule, or of cron text, after `from`: `count` of them (default 1), in order, epoch ms,
 * without jitter. Fewer when the years up to 2199 have no more. Throws BAD_CRON, BAD_DURATION, BAD_SCHEDULE or BAD_USAGE.
 */
export function nextFireTimes(spec: ScheduleSpec | string, options: FireTimeOptions & { count?: number }): EpochMs[] {
  const timing = timingOf(spec, options);
  const count = readCount(options.count ?? 1);
  const times: EpochMs[] = [];
  // Instants are whole ms, so "at or after" is "after the ms before".
  let next = timing.next(options.inclusive ? Math.ceil(options.from) - 1 : options.from);
  while (next !== undefined && times.length < count) {
    times.push(next);
    next = timing.next(next);
  }
  return times;
}

/**
 * The last fire time of a schedule, or of cron text, before `from`, epoch ms, without jitter; undefined when there is
 * none since 1970. Throws BAD_CRON, BAD_DURATION, BAD_SCHEDULE or BAD_USAGE.
 */
export function previousFireTime(spec: ScheduleSpec | string, options: FireTimeOptions): EpochMs | undefined {
  return timingOf(spec, options).previous(options.inclusive ? Math.floor(options.from) + 1 : options.from);
}

function timingOf(spec: ScheduleSpec | string, options: FireTimeOptions): Timing {
  const { from, timezone, id = '', calendars } = options ?? {};
  if (!Number.isFinite(from)) {
    throw new BelfryError('BAD_USAGE', `from is ${quote(from)}`, { field: 'from', hint: 'an instant in epoch ms' });
  }
  const given = typeof spec === 'string' ? { cron: spec } : spec;
  const rule = compileRule(given, { id, ...(timezone !== undefined && { zone: timezone }) });
  return compileTiming(rule, id, calendars);
}

function readCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_FIRE_TIMES) return count;
  throw new BelfryError('BAD_USAGE', `count is ${quote(count)}`, {
    field: 'count',
    hint: `a whole number from 1 to ${MOST_FIRE_TIMES}`,
  });
}
