import { localTime } from '../core/time/local_time.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';

/** How instants are shown: in the zone of this machine, or in UTC. */
export type ShownZone = 'local' | 'utc';
/** In a zone by its name, with the offset. */
export type NamedZone = { named: string };

const two = (part: number): string => String(part).padStart(2, '0');

/** `2026-01-31 07:00:00`, with a `Z` in UTC, and ` +01:00` in a named zone; `-` for never. */
export function formatInstant(at: EpochMs | undefined, zone: ShownZone | NamedZone): string {
  if (at === undefined || at === 0) return '-';
  if (typeof zone === 'object') {
    const { date, time, offset } = localTime(at, zone.named);
    return `${date} ${time} ${offset}`;
  }
  const date = new Date(at);
  if (zone === 'utc') return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time with its two largest units: `3 d 4 h`, `12 min 5 s`, `40 ms`. */
export function formatLength(ms: DurationMs): string {
  const whole = Math.round(ms);
  if (whole < 1_000) return `${whole} ms`;
  const parts: string[] = [];
  let rest = Math.floor(whole / 1_000) * 1_000;
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** `in 5 min` or `5 min ago`. */
export function formatDistance(at: EpochMs, now: EpochMs): string {
  const away = at - now;
  if (Math.abs(away) < 1_000) return 'now';
  return away > 0 ? `in ${formatLength(away)}` : `${formatLength(-away)} ago`;
}

/** ISO 8601 for machines; null for never. */
export function isoOf(at: EpochMs | undefined): string | null {
  return at === undefined || at === 0 ? null : new Date(at).toISOString();
}
