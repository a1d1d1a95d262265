import { segmentIndex, spanOf, openZone } from './zone.ts';
import type { EpochMs } from './units.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

export type LocalTime = {
  /** `2026-03-29T03:30:00+02:00` */
  iso: string;
  weekday: (typeof WEEKDAYS)[number];
  /** `2026-03-29` */
  date: string;
  /** `03:30:00`, with ms where there are some. */
  time: string;
  /** `+02:00` */
  offset: string;
};

/** What a wall clock in a zone shows at an instant of the years 1970 to 2199. Throws BAD_SCHEDULE for an unknown zone. */
export function localTime(at: EpochMs, zone: string): LocalTime {
  const second = Math.floor(at / 1_000);
  const segments = openZone(zone).segments(spanOf(second));
  const offsetS = segments[segmentIndex(segments, second)]?.offset ?? 0;
  const shown = new Date(at + offsetS * 1_000);
  const [date = '', rest = ''] = shown.toISOString().split('T');
  const time = rest.replace(/\.000Z$|Z$/, '');
  const offset = formatOffset(offsetS);
  return { iso: `${date}T${time}${offset}`, weekday: WEEKDAYS[shown.getUTCDay()] ?? 'Sun', date, time, offset };
}

function formatOffset(offsetS: number): string {
  const minutes = Math.floor(Math.abs(offsetS) / 60);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${offsetS < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
