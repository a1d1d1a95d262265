import type { CronCase } from './cron_arbitrary.ts';

/** What the wall clock of a zone shows, as Intl formats it. Local times are counted in seconds as if there were no zone. */
export type WallClock = (instantMs: number) => number;

/** Reads the formatted date, field by field: shares nothing with the code under test but the zone data of the engine. */
export function wallClockOf(zone: string): WallClock {
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

const LOOK_BACK_S = 2 * 86_400;

/** Each instant of the window with what the clock shows at it and the latest that it had shown before. */
export type Reading = { at: number; local: number; shownBefore: number };

export function readWindow({ zone, from, to, stepS }: Window): Reading[] {
  const clock = wallClockOf(zone);
  const start = Date.parse(from);
  const readings: Reading[] = [];
  let shownBefore = -Infinity;
  for (let at = start - LOOK_BACK_S * 1_000; at < Date.parse(to); at += stepS * 1_000) {
    const local = clock(at);
    if (at >= start) readings.push({ at, local, shownBefore });
    shownBefore = Math.max(shownBefore, local);
  }
  return readings;
}

/**
 * All fire times of an expression in a window, found by asking of each instant. With a star in minute or hour: does the
 * clock show a match? Without: has the clock just passed over a match that it had never shown before?
 */
export function bruteForce(cron: CronCase, readings: readonly Reading[], stepS: number): number[] {
  const fires = readings.filter(({ local, shownBefore }) => {
    if (cron.minute.starred || cron.hour.starred) return matches(cron, local);
    for (let shown = local; shown > shownBefore; shown -= stepS) if (matches(cron, shown)) return true;
    return false;
  });
  return fires.map(({ at }) => at);
}

function matches(cron: CronCase, local: number): boolean {
  const date = new Date(local * 1_000);
  return (
    cron.second.has(date.getUTCSeconds()) &&
    cron.minute.has(date.getUTCMinutes()) &&
    cron.hour.has(date.getUTCHours()) &&
    cron.month.has(date.getUTCMonth() + 1) &&
    matchesDay(cron, date)
  );
}

function matchesDay({ dayOfMonth, dayOfWeek }: CronCase, date: Date): boolean {
  const inMonth =
    dayOfMonth.has(date.getUTCDate()) || (dayOfMonth.last === true && plusDays(date, 1).getUTCDate() === 1);
  const weekday = date.getUTCDay();
  const inWeek =
    dayOfWeek.has(weekday) ||
    (dayOfWeek.lastWeekday === weekday && plusDays(date, 7).getUTCMonth() !== date.getUTCMonth()) ||
    (dayOfWeek.nth?.weekday === weekday && Math.floor((date.getUTCDate() - 1) / 7) === dayOfWeek.nth.n - 1);
  return dayOfMonth.starred || dayOfWeek.starred ? inMonth && inWeek : inMonth || inWeek;
}

function plusDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * 86_400_000);
}
