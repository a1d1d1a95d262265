import type { EpochMs } from '../core/time/units.ts';
import type { ShownZone } from './instants.ts';

const MINUTE_MS = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A day of a forecast as the clock on the wall cuts it. */
export type ForecastDay = {
  /** `Mon 23 Nov` */
  label: string;
  /** The busiest minute of each part of the day; undefined outside the forecast. */
  parts: (number | undefined)[];
  peak: number;
  peakAt: EpochMs;
};

/** Where each day begins: the index of its first minute of wall time. */
export function dayStarts(
  { from, minutes }: { from: EpochMs; minutes: number },
  zone: ShownZone,
): { label: string; minute: number }[] {
  const starts: { label: string; minute: number }[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const { label } = wallClock(from + minute * MINUTE_MS, zone);
    if (starts.at(-1)?.label !== label) starts.push({ label, minute });
  }
  return starts;
}

type WallClock = { label: string; minuteOfDay: number };

/**
 * Cuts values per minute into days of `partsPerDay` equal parts of wall time. An hour that the clock shows twice is one
 * part, one that it jumps over stays undefined.
 */
export function cutIntoDays(
  values: Float64Array,
  { from, zone, partsPerDay }: { from: EpochMs; zone: ShownZone; partsPerDay: number },
): ForecastDay[] {
  const days: ForecastDay[] = [];
  const perPart = (24 * 60) / partsPerDay;
  values.forEach((value, i) => {
    const at = from + i * MINUTE_MS;
    const { label, minuteOfDay } = wallClock(at, zone);
    let day = days.at(-1);
    if (day === undefined || day.label !== label) {
      day = { label, parts: new Array<undefined>(partsPerDay).fill(undefined), peak: 0, peakAt: at };
      days.push(day);
    }
    const part = Math.floor(minuteOfDay / perPart);
    day.parts[part] = Math.max(day.parts[part] ?? 0, value);
    if (value > day.peak) [day.peak, day.peakAt] = [value, at];
  });
  return days;
}

function wallClock(at: EpochMs, zone: ShownZone): WallClock {
  const date = new Date(at);
  const [weekday, day, month, hours, minutes] =
    zone === 'utc'
      ? [date.getUTCDay(), date.getUTCDate(), date.getUTCMonth(), date.getUTCHours(), date.getUTCMinutes()]
      : [date.getDay(), date.getDate(), date.getMonth(), date.getHours(), date.getMinutes()];
  const label = `${WEEKDAYS[weekday] ?? ''} ${String(day).padStart(2)} ${MONTHS[month] ?? ''}`;
  return { label, minuteOfDay: hours * 60 + minutes };
}

/** `23:15` */
export function clockOf(at: EpochMs, zone: ShownZone): string {
  const { minuteOfDay } = wallClock(at, zone);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

/** `Mon 23 Nov 23:15` */
export function minuteOf(at: EpochMs, zone: ShownZone): string {
  return `${wallClock(at, zone).label} ${clockOf(at, zone)}`;
}

/** `1,234`, with a decimal where a spread makes it a fraction below ten. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
