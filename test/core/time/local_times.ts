import { nextFireTimes } from '../../../src/core/time/fire_times.ts';
import { wallClockOf } from './wall_clock_model.ts';

/** A stretch of time as ISO texts: `from` counts, `to` does not. */
export type Stretch = { from: string; to: string; timezone?: string; id?: string };

/** Fire times in a stretch as ISO instants without the zero milliseconds: `2026-03-08T07:00:00Z`. */
export function instants(cron: string, { from, to, ...options }: Stretch): string[] {
  const times = nextFireTimes(cron, { ...options, from: Date.parse(from), inclusive: true, count: 1_000 });
  return times.filter((at) => at < Date.parse(to)).map((at) => new Date(at).toISOString().replace('.000', ''));
}

/** Fire times in a stretch as the zone's wall clock shows them: `03-08 03:00`, with seconds where there are any. */
export function localTimes(cron: string, stretch: Stretch): string[] {
  const clock = wallClockOf(stretch.timezone ?? 'UTC');
  return instants(cron, stretch).map((at) =>
    new Date(clock(Date.parse(at)) * 1_000).toISOString().slice(5, 19).replace('T', ' ').replace(/:00$/, ''),
  );
}

/** The dates, `2028-02-29`, of the first `count` fire times from a date on, in UTC. */
export function dates(cron: string, from: string, count: number): string[] {
  const times = nextFireTimes(cron, { from: Date.parse(`${from}T00:00:00Z`), inclusive: true, count });
  return times.map((at) => new Date(at).toISOString().slice(0, 10));
}
