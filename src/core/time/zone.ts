import { probeZone } from './zone_probe.ts';
import type { OffsetProbe } from './zone_probe.ts';
import type { DurationMs, EpochMs } from './units.ts';

/** A stretch of time with one offset. All in seconds; `start` ≤ instant < `end`. */
export type ZoneSegment = {
  readonly start: number;
  readonly end: number;
  /** Local seconds = instant + offset. */
  readonly offset: number;
  /**
   * One past the latest local second that the wall clock had shown when the segment began. Equal to `start + offset`
   * where the clock just goes on; less, and the difference is a gap; more, and it is an overlap.
   */
  readonly shownUntil: number;
};

/** A time zone from 1970 to 2199, cut into spans of equal length; each span's segments are found when it is first asked for. */
export type Zone = { segments(span: number): readonly ZoneSegment[] };

/** Four years: about half a millisecond of probing, and wide enough for most searches to end in it. */
const SPAN_S = 1_461 * 86_400;
/** 2200-01-01T00:00:00Z, in seconds: fire times are before it, and not before 1970. */
export const TIME_END_S = 7_258_118_400;
export const LAST_SPAN = Math.floor((TIME_END_S - 1) / SPAN_S);

/**
 * Probes are this far apart. The shortest stretch between two changes of any zone since 1970 is 6.96 days (Brazil in
 * October 2000, Gaza in several years to come), so none falls between two probes.
 */
const PROBE_STEP_S = 3 * 86_400;
/** A change this long before a span can still be on the wall clock: no zone has gone back by more than a day. */
const LOOK_BACK_S = 2 * 86_400;

const zones = new Map<string, Zone>();

/** The zone of that IANA name, any letter case. Throws BAD_SCHEDULE naming `field`, with a "did you mean". */
export function openZone(name: string, field = 'timezone'): Zone {
  const key = typeof name === 'string' ? name.toLowerCase() : '';
  const known = zones.get(key);
  if (known !== undefined) return known;
  const zone = createZone(probeZone(name, field));
  zones.set(key, zone);
  return zone;
}

function createZone(probe: OffsetProbe): Zone {
  const spans: (readonly ZoneSegment[] | undefined)[] = [];
  return { segments: (span) => (spans[span] ??= findSegments(probe, span * SPAN_S)) };
}

/** The span that holds an instant, in seconds. */
export function spanOf(instant: number): number {
  return Math.floor(instant / SPAN_S);
}

/** Index of the last segment that starts at or before the instant; 0 when none does. */
export function segmentIndex(segments: readonly ZoneSegment[], instant: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.start ?? Infinity) <= instant) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The zone's offset from UTC in ms, positive east of Greenwich; before 1970 and after 2199 that of the nearest end. */
export function offsetAt(zone: Zone, at: EpochMs): DurationMs {
  const instant = Math.min(Math.max(Math.floor(at / 1_000), 0), TIME_END_S - 1);
  const segments = zone.segments(spanOf(instant));
  return (segments[segmentIndex(segments, instant)]?.offset ?? 0) * 1_000;
}

function findSegments(probe: OffsetProbe, spanStart: number): ZoneSegment[] {
  const spanEnd = spanStart + SPAN_S;
  const segments: ZoneSegment[] = [];
  let start = spanStart - LOOK_BACK_S;
  let offset = probe(start);
  let shownUntil = start + offset;
  while (start < spanEnd) {
    const end = findChange(probe, { start, offset, spanEnd });
    if (end > spanStart) {
      if (start < spanStart) shownUntil = Math.max(shownUntil, spanStart + offset);
      segments.push({ start: Math.max(start, spanStart), end, offset, shownUntil });
    }
    shownUntil = Math.max(shownUntil, end + offset);
    start = end;
    offset = probe(end);
  }
  return segments;
}

/** The first second after `start` with another offset, or `spanEnd`: steps ahead, then bisects the step. */
function findChange(probe: OffsetProbe, at: { start: number; offset: number; spanEnd: number }): number {
  let same = at.start;
  while (same < at.spanEnd) {
    let other = Math.min(same + PROBE_STEP_S, at.spanEnd);
    if (probe(other) === at.offset) {
      same = other;
      continue;
    }
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (probe(middle) === at.offset) same = middle;
      else other = middle;
    }
    return other;
  }
  return at.spanEnd;
}
