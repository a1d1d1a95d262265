import { SECONDS_PER_DAY } from './civil.ts';
import { exclusionAt } from './calendar.ts';
import type { CompiledCalendar } from './calendar.ts';
import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { EpochMs } from './units.ts';
import { segmentIndex, spanOf } from './zone.ts';
import type { Zone, ZoneSegment } from './zone.ts';

export type Exceptions = {
  calendars: readonly CompiledCalendar[];
  /** Where the days are those of. */
  zone: Zone;
  /** After so many excluded days or instants in a row the search ends, as if there were no more. */
  mostSteps: number;
};

/** The fire times of `timing` that no calendar leaves out. Whole days are jumped over. */
export function exceptTiming(timing: Timing, { calendars, zone, mostSteps }: Exceptions): Timing {
  return {
    kind: timing.kind,
    usesSeed: timing.usesSeed,
    next(after) {
      let at = timing.next(after);
      for (let steps = 0; at !== undefined && steps < mostSteps; steps++) {
        const day = localDayAt(zone, at);
        const exclusion = exclusionOf(calendars, day.localSecond);
        if (exclusion === undefined) return at;
        at = timing.next(exclusion === 'day' ? day.end - 1 : at);
      }
      return undefined;
    },
    previous(before) {
      let at = timing.previous(before);
      for (let steps = 0; at !== undefined && steps < mostSteps; steps++) {
        const day = localDayAt(zone, at);
        const exclusion = exclusionOf(calendars, day.localSecond);
        if (exclusion === undefined) return at;
        at = timing.previous(exclusion === 'day' ? day.start : at);
      }
      return undefined;
    },
  };
}

function exclusionOf(calendars: readonly CompiledCalendar[], localSecond: number): 'day' | 'instant' | undefined {
  let found: 'instant' | undefined;
  for (const calendar of calendars) {
    const exclusion = exclusionAt(calendar, localSecond);
    if (exclusion === 'day') return exclusion;
    found ??= exclusion;
  }
  return found;
}

/** The stretch of one local day around an instant in which the clock just goes on: [start, end) in epoch ms. */
type LocalDay = { localSecond: number; start: EpochMs; end: EpochMs };

function localDayAt(zone: Zone, at: EpochMs): LocalDay {
  const second = Math.floor(Math.min(Math.max(at, 0), TIME_END - 1) / 1_000);
  const segments = zone.segments(spanOf(second));
  const segment = segments[segmentIndex(segments, second)] as ZoneSegment;
  const localSecond = second + segment.offset;
  const midnight = Math.floor(localSecond / SECONDS_PER_DAY) * SECONDS_PER_DAY - segment.offset;
  return {
    localSecond,
    start: Math.max(midnight, segment.start) * 1_000,
    end: Math.min(midnight + SECONDS_PER_DAY, segment.end) * 1_000,
  };
}
