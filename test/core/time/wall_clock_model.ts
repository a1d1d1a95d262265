import type { CronCase, FieldCase } from './cron_arbitrary.ts';

/** What the wall clock of a zone shows, as Intl formats it. Local times are counted in seconds as if there were no zone. */
export type WallClock = (instantMs: number) => number;

const clocks = new Map<string, WallClock>();

/** Reads the formatted date, field by field: shares nothing with the code under test but the zone data of the engine. */
export function wallClockOf(zone: string): WallClock {
  const clock = clocks.get(zone) ?? openClock(zone);
  clocks.set(zone, clock);
  return clock;
}

function openClock(zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  });
  return (instantMs) => {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = format
      .format(instantMs)
      .split(/\D+/)
      .map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000;
  };
}

export type Window = { zone: string; from: string; to: string; stepS: number };

const DAY_S = 86_400;
/** A change this far outside a window still matters in it. */
const NEAR_MS = 26 * 3_600_000;

/** A stretch of wall-clock times that a zone never showed, `from` ≤ local < `to`, and the instant at which it jumped over them. */
type Gap = { from: number; to: number; change: number };

/** What the clock showed around a window: for each local time all the instants at which it did, and what it left out. */
export type ClockRecord = { from: number; to: number; showings: Map<number, number[]>; gaps: Gap[]; stepS: number };

/** Reads the clock at each step. Local times and steps are in seconds, instants in ms. */
export function recordWindow({ zone, from, to, stepS }: Window): ClockRecord {
  const clock = wallClockOf(zone);
  const record: ClockRecord = { from: Date.parse(from), to: Date.parse(to), showings: new Map(), gaps: [], stepS };
  let expected: number | undefined;
  for (let at = record.from - NEAR_MS; at < record.to + NEAR_MS; at += stepS * 1_000) {
    const local = clock(at);
    const instants = record.showings.get(local);
    if (instants === undefined) record.showings.set(local, [at]);
    else instants.push(at);
    if (expected !== undefined && local > expected) record.gaps.push({ from: expected, to: local, change: at });
    expected = local + stepS;
  }
  return record;
}

/** Whether the record has a change of the clock in it. */
export function hasChange({ showings, gaps }: ClockRecord): boolean {
  return gaps.length > 0 || [...showings.values()].some((instants) => instants.length > 1);
}

export type ModelRule = {
  gap: 'transition' | 'shift' | 'skip';
  overlap: 'first' | 'last' | 'both';
  dayMatch: 'or' | 'and';
};

/** What a policy, by its stored text, makes of an expression. Written from the rules of the systems, case by case. */
export function modelRule(policy: string, cron: CronCase): ModelRule {
  const { second, minute, hour, dayOfMonth, dayOfWeek } = cron;
  const open = (field: FieldCase): boolean => field.text.split(',').some((item) => ['*', '?', '*/1'].includes(item));
  const either = open(dayOfMonth) || open(dayOfWeek) ? 'and' : 'or';
  switch (policy) {
    case 'vixie': {
      const dayMatch = dayOfMonth.starred || dayOfWeek.starred ? 'and' : 'or';
      if (minute.starred || hour.starred) return { gap: 'skip', overlap: 'both', dayMatch };
      return { gap: 'transition', overlap: 'first', dayMatch };
    }
    case 'cronos': {
      const interval = [second, minute, hour].some(({ text }) => ['*', '-', '/'].some((sign) => text.includes(sign)));
      return { gap: 'transition', overlap: interval ? 'both' : 'first', dayMatch: 'and' };
    }
    case 'quartz':
      return { gap: 'skip', overlap: 'last', dayMatch: 'and' };
    case 'kubernetes':
      return { gap: 'skip', overlap: 'both', dayMatch: either };
    default: {
      const [gap, overlap, dayMatch] = policy.split(' ') as [ModelRule['gap'], ModelRule['overlap'], 'or' | 'and'];
      return { gap, overlap, dayMatch: dayMatch === 'or' ? either : 'and' };
    }
  }
}

export const POLICIES = [
  'vixie',
  'cronos',
  'quartz',
  'kubernetes',
  ...['transition', 'shift', 'skip'].flatMap((gap) =>
    ['first', 'last', 'both'].flatMap((overlap) => [`${gap} ${overlap} or`, `${gap} ${overlap} and`]),
  ),
];

/** All fire times of an expression in a window, found by asking of each wall-clock time what becomes of it. */
export function bruteForce(cron: CronCase, rule: ModelRule, record: ClockRecord): number[] {
  const fires = new Set<number>();
  const matches = matcherOf(cron, rule);
  for (const [local, instants] of record.showings) {
    if (!matches(local)) continue;
    const chosen = { first: instants.slice(0, 1), last: instants.slice(-1), both: instants }[rule.overlap];
    for (const at of chosen) fires.add(at);
  }
  for (const { from, to, change } of record.gaps) {
    for (let local = from; local < to; local += record.stepS) {
      if (rule.gap === 'skip' || !matches(local)) continue;
      fires.add(rule.gap === 'transition' ? change : change + (local - from) * 1_000);
    }
  }
  return [...fires].filter((at) => at >= record.from && at < record.to).sort((one, other) => one - other);
}

/** Says of a local time whether the expression names it. Each day, and each time of the day, is judged once. */
function matcherOf(cron: CronCase, { dayMatch }: ModelRule): (local: number) => boolean {
  const isDayNamed = judgeOnce((day) => {
    const date = new Date(day * DAY_S * 1_000);
    return cron.month.has(date.getUTCMonth() + 1) && matchesDay(cron, date, dayMatch);
  });
  const isTimeNamed = judgeOnce((time) => {
    const [hour, minute, second] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60, time % 60];
    return cron.hour.has(hour) && cron.minute.has(minute) && cron.second.has(second);
  });
  return (local) => isTimeNamed(local % DAY_S) && isDayNamed(Math.floor(local / DAY_S));
}

function judgeOnce(judge: (value: number) => boolean): (value: number) => boolean {
  const judged = new Map<number, boolean>();
  return (value) => {
    const known = judged.get(value) ?? judge(value);
    judged.set(value, known);
    return known;
  };
}

function matchesDay({ dayOfMonth, dayOfWeek }: CronCase, date: Date, dayMatch: 'or' | 'and'): boolean {
  const inMonth =
    dayOfMonth.has(date.getUTCDate()) || (dayOfMonth.last === true && plusDays(date, 1).getUTCDate() === 1);
  const weekday = date.getUTCDay();
  const inWeek =
    dayOfWeek.has(weekday) ||
    (dayOfWeek.lastWeekday === weekday && plusDays(date, 7).getUTCMonth() !== date.getUTCMonth()) ||
    (dayOfWeek.nth?.weekday === weekday && Math.floor((date.getUTCDate() - 1) / 7) === dayOfWeek.nth.n - 1);
  return dayMatch === 'and' ? inMonth && inWeek : inMonth || inWeek;
}

function plusDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 86_400_000);
}
