import type { ScheduleRule } from '../schedule.ts';
import { expandAlias } from '../time/cron_alias.ts';
import { formatDuration } from '../time/duration.ts';
import type { Timing } from '../time/timing_kind.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';
import type { SpreadProposal } from './finding.ts';

const MINUTE_MS: DurationMs = 60_000;
/** A window should stay small against the period: at most a quarter of it. */
const WINDOWS_MS: readonly DurationMs[] = [15, 10, 5, 2, 1].map((minutes) => minutes * MINUTE_MS);
/** Periods are looked at this often for the shortest one. */
const PERIODS_SEEN = 20;

/** How a job could leave a crowded minute; undefined where it is spread already or fires each minute. */
export function proposeSpread(
  job: string,
  { rule, compiled: { timing } }: { rule: ScheduleRule; compiled: { timing: Pick<Timing, 'next' | 'usesSeed'> } },
  now: EpochMs,
): SpreadProposal | undefined {
  if (timing.usesSeed || (rule.k ?? 0) > 0) return undefined;
  const cron = rule.c === undefined ? undefined : hashMinute(rule.c);
  const periodMs = shortestPeriod(timing, now);
  const windowMs = WINDOWS_MS.find((candidate) => candidate * 4 <= periodMs);
  if (cron === undefined && windowMs === undefined) return undefined;
  return { job, cron, window: windowMs === undefined ? undefined : formatDuration(windowMs) };
}

/** `write H 0 * * * or add window: '15m'` */
export function sayProposal({ cron, window }: SpreadProposal): string {
  const ways = [
    cron === undefined ? undefined : `write ${cron}`,
    window === undefined ? undefined : `add window: '${window}'`,
  ];
  return ways.filter((way) => way !== undefined).join(' or ');
}

/** The same cron text with `H` for its minute: `0 9 * * *` is `H 9 * * *`, and `0,30 * * * *` is `H/30 * * * *`. */
function hashMinute(cron: string): string | undefined {
  const fields = expandAlias(cron, 'cron').trim().split(/\s+/);
  const at = fields.length > 5 ? 1 : 0;
  const step = stepOf(fields[at] ?? '*');
  if (fields.length < 5 || step === undefined) return undefined;
  fields[at] = step === 60 ? 'H' : `H/${step}`;
  return fields.join(' ');
}

/** Minutes between the values of a minute field: 60 for a single one, undefined where they are not evenly apart. */
function stepOf(minute: string): number | undefined {
  if (/^\d+$/.test(minute)) return 60;
  const step = /^(?:\*|0)\/(\d+)$/.exec(minute)?.[1];
  if (step !== undefined) return Number(step) > 1 ? Number(step) : undefined;
  if (!/^\d+(?:,\d+)+$/.test(minute)) return undefined;
  const values = minute
    .split(',')
    .map(Number)
    .sort((a, b) => a - b);
  const steps = new Set(
    values.map((value, i) => (i === 0 ? value + 60 - (values.at(-1) ?? 0) : value - (values[i - 1] ?? 0))),
  );
  const [only = 1] = steps;
  return steps.size === 1 && only > 1 ? only : undefined;
}

function shortestPeriod(timing: Pick<Timing, 'next'>, now: EpochMs): DurationMs {
  let shortest = Infinity;
  let at = timing.next(now);
  for (let seen = 0; at !== undefined && seen < PERIODS_SEEN; seen += 1) {
    const following = timing.next(at);
    if (following !== undefined) shortest = Math.min(shortest, following - at);
    at = following;
  }
  return shortest;
}
