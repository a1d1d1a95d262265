import { BelfryError } from '../errors.ts';
import type { BlackoutSpec, ScheduleSpec } from '../job.ts';
import { assertKnownKeys, readWord } from '../known_keys.ts';
import { quote } from '../quote.ts';
import { parseRate } from '../rate.ts';
import type { BlackoutRule, ScheduleRule, WhenRule } from '../schedule.ts';
import { parseCron } from './cron.ts';
import { parseDstPolicy } from './dst.ts';
import { parseDuration } from './duration.ts';
import { readInstant } from './instant.ts';
import { badSchedule } from './schedule_error.ts';
import type { Duration, DurationMs } from './units.ts';
import { openZone } from './zone.ts';

const DEFAULT_CATCH_UP_WINDOW_MS = 86_400_000;
const DEFAULT_CATCH_UP_RATE = [60, 60_000] as const;

export type PolicySite = { id: string; field: string; when: WhenRule };

/** The keys of `ScheduleRule` behind those of `WhenRule`, but for tags and payload. */
export type PolicyRule = Omit<ScheduleRule, keyof WhenRule | 'tg' | 'p'>;

/**
 * Checks what a schedule does about late, early, overlapping and unwanted fire times; defaults are left out.
 * Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key.
 */
export function compilePolicies(spec: ScheduleSpec, site: PolicySite): PolicyRule {
  const { field, when } = site;
  assertSense(spec, site);
  const jitterMs = readSpread(spec.jitter, `${field}.jitter`);
  const windowMs = readSpread(spec.window, `${field}.window`);
  const overlap = readOverlap(spec, site);
  const deadlineMs = readDeadline(spec.startDeadline, `${field}.startDeadline`);
  const blackouts = readBlackouts(spec.blackout, site);
  const failures = readCount(spec.pauseOnFailure, `${field}.pauseOnFailure`);
  const maxRuns = readCount(spec.maxRuns, `${field}.maxRuns`);
  const afterLast = readWord(spec.afterLast, ['keep', 'delete'], { code: 'BAD_SCHEDULE', field: `${field}.afterLast` });
  if (afterLast === 'delete') assertEnds(when, maxRuns, site);
  return {
    ...(jitterMs !== undefined && { r: jitterMs }),
    ...(windowMs !== undefined && { k: windowMs }),
    ...(overlap !== 'skip' && { o: overlap }),
    ...readCatchUp(spec, field),
    ...(deadlineMs !== undefined && { d: deadlineMs }),
    ...(blackouts.length > 0 && { bl: blackouts }),
    ...(failures !== undefined && { pf: failures }),
    ...(maxRuns !== undefined && { mr: maxRuns }),
    ...(afterLast === 'delete' && { al: afterLast }),
  };
}

/** Policies that mean nothing for a rule whose fire times are not named in advance. */
function assertSense(spec: ScheduleSpec, { field, when }: PolicySite): void {
  const kind = when.f !== undefined ? 'afterCompletion' : when.c === '@reboot' ? '@reboot' : undefined;
  if (kind === undefined) return;
  for (const key of ['catchUp', 'catchUpWindow'] as const) {
    if (spec[key] === undefined) continue;
    throw badSchedule(`${field}.${key}`, `is given with ${kind}, which misses no fire times`, 'leave it out');
  }
}

const OVERLAPS = ['skip', 'allow', 'buffer-one', 'buffer-all', 'cancel', 'terminate'] as const;

function readOverlap(spec: ScheduleSpec, { field, when }: PolicySite): (typeof OVERLAPS)[number] {
  const overlap = readWord(spec.overlap, OVERLAPS, { code: 'BAD_SCHEDULE', field: `${field}.overlap` }) ?? 'skip';
  if (when.f === undefined || overlap === 'skip' || overlap === 'allow') return overlap;
  const problem = `is ${quote(overlap)}, but with afterCompletion the next run only begins when the last one ended`;
  throw badSchedule(`${field}.overlap`, problem, 'skip or allow, for what runs triggered by hand mean to it');
}

/** A jitter or a window of 0 is none. */
function readSpread(value: Duration | undefined, field: string): DurationMs | undefined {
  const spreadMs = value === undefined ? 0 : parseDuration(value, field);
  return spreadMs > 0 ? spreadMs : undefined;
}

function readCatchUp({ catchUp, catchUpWindow }: ScheduleSpec, field: string): Pick<ScheduleRule, 'm' | 'h' | 'w'> {
  const windowMs = catchUpWindow === undefined ? undefined : parseDuration(catchUpWindow, `${field}.catchUpWindow`);
  return {
    ...(isPaced(catchUp) ? readPaced(catchUp, `${field}.catchUp`) : readCatchUpWord(catchUp, `${field}.catchUp`)),
    ...(windowMs !== undefined && windowMs !== DEFAULT_CATCH_UP_WINDOW_MS && { w: windowMs }),
  };
}

type Paced = { max: number | 'all'; rate?: string };

function isPaced(catchUp: unknown): catchUp is Paced {
  return typeof catchUp === 'object' && catchUp !== null;
}

function readCatchUpWord(catchUp: unknown, field: string): Pick<ScheduleRule, 'm'> {
  const word = readWord(catchUp, ['latest', 'none', 'all'], { code: 'BAD_SCHEDULE', field });
  return word === undefined || word === 'latest' ? {} : { m: word };
}

function readPaced(catchUp: Paced, field: string): Pick<ScheduleRule, 'm' | 'h'> {
  assertKnownKeys(catchUp, ['max', 'rate'], { code: 'BAD_SCHEDULE', field });
  const { max, rate } = catchUp;
  if (max !== 'all' && !(Number.isSafeInteger(max) && max >= 1)) {
    throw badSchedule(`${field}.max`, `is ${quote(max)}`, 'how many of the newest are caught up, at least 1, or "all"');
  }
  return { m: max, ...(rate !== undefined && readRate(rate, `${field}.rate`)) };
}

function readRate(text: string, field: string): Pick<ScheduleRule, 'h'> {
  const { count, periodMs } = asScheduleError(() => parseRate(text, field));
  const [defaultCount, defaultMs] = DEFAULT_CATCH_UP_RATE;
  return count === defaultCount && periodMs === defaultMs ? {} : { h: [count, periodMs] };
}

/** A rate is read for limits of jobs too, and its error says so in its code. */
function asScheduleError<Answer>(read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BelfryError) || error.code !== 'BAD_JOB') throw error;
    const { message, hint, field } = error;
    throw new BelfryError('BAD_SCHEDULE', message, {
      ...(hint !== undefined && { hint }),
      ...(field !== undefined && { field }),
    });
  }
}

function readDeadline(value: Duration | undefined, field: string): DurationMs | undefined {
  const deadlineMs = value === undefined ? undefined : parseDuration(value, field);
  if (deadlineMs !== 0) return deadlineMs;
  throw badSchedule(
    field,
    'is 0, so each fire time would be missed',
    'a duration above 0, or leave it out for no deadline',
  );
}

function readCount(value: unknown, field: string): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1))
    return value as number | undefined;
  throw badSchedule(field, `is ${quote(value)}`, 'a whole number of at least 1, or leave it out');
}

const MOST_BLACKOUTS = 100;

function readBlackouts(blackouts: ScheduleSpec['blackout'], site: PolicySite): BlackoutRule[] {
  const field = `${site.field}.blackout`;
  if (blackouts === undefined) return [];
  if (!Array.isArray(blackouts) || blackouts.length > MOST_BLACKOUTS) {
    throw badSchedule(field, `is ${quote(blackouts)}`, `a list of at most ${MOST_BLACKOUTS} blackouts`);
  }
  return blackouts.map((blackout: BlackoutSpec, index) => readBlackout(blackout, `${field}[${index}]`, site));
}

function readBlackout(blackout: BlackoutSpec, field: string, { id, when }: PolicySite): BlackoutRule {
  assertKnownKeys(blackout, ['from', 'to', 'cron', 'for'], { code: 'BAD_SCHEDULE', field });
  const { from, to, cron, for: length } = blackout as Partial<Record<'from' | 'to' | 'cron' | 'for', string>>;
  const isSpan = from !== undefined && to !== undefined && cron === undefined && length === undefined;
  const isRecurring = cron !== undefined && length !== undefined && from === undefined && to === undefined;
  if (isSpan) {
    const zone = openZone(when.z ?? 'UTC');
    const span: BlackoutRule = [readInstant(from, zone, `${field}.from`), readInstant(to, zone, `${field}.to`)];
    if (span[0] < span[1]) return span;
    throw badSchedule(`${field}.to`, `is ${quote(to)}, not after from`, 'an instant later than from');
  }
  if (!isRecurring) {
    throw badSchedule(
      field,
      `is ${quote(blackout)}`,
      'either from and to, or cron and for: { cron: "0 22 * * *", for: "8h" }',
    );
  }
  parseCron(cron, { seed: id, field: `${field}.cron`, dst: parseDstPolicy(when.t) });
  const lengthMs = parseDuration(length, `${field}.for`);
  if (lengthMs > 0) return [cron.trim().replaceAll(/\s+/g, ' '), lengthMs];
  throw badSchedule(`${field}.for`, 'is 0, so it blacks nothing out', 'how long it lasts, such as "8h"');
}

/** Only a schedule of the API may delete itself, and only one that can end. */
function assertEnds(when: WhenRule, maxRuns: number | undefined, { id, field }: PolicySite): void {
  if (!id.includes(':')) {
    const problem = 'is "delete", but a job\'s own schedule comes back with the next start';
    throw badSchedule(`${field}.afterLast`, problem, 'keep, or a schedule of the API');
  }
  const ends = maxRuns !== undefined || when.q !== undefined || canEnd(when);
  if (ends) return;
  throw badSchedule(
    `${field}.afterLast`,
    'is "delete", but the schedule has no last run',
    'with at, end, maxRuns or R<n>/…',
  );
}

/** Cron text with years, counted repetitions and recurrences, single instants. */
function canEnd({ a, i, l, u, c }: WhenRule): boolean {
  if (u !== undefined) return u.every((member) => member.q !== undefined || canEnd(member));
  return (
    a !== undefined ||
    (i !== undefined && /^R\d/.test(i)) ||
    (l !== undefined && /[;:](?:COUNT|UNTIL)=/.test(l)) ||
    (c !== undefined && hasYear(c))
  );
}

const hasYear = (cron: string): boolean => cron === '@reboot' || cron.split(' ').length === 7;
