import { probeZone } from './zone_probe.ts';
import type { OffsetProbe } from './zone_probe.ts';
import type { DurationMs, EpochMs } from './units.ts';

/** A stretch of time with one offset. All in seconds; `start` ≤ instant < `end`. */
export type ZoneSegment = {
  readonly start: number;
  readonly end: number;
  /** Local seconds = instant + offset. */
  readonly offset: number;
  /** When the offset became what it is: `start`, or before it where the end of a span cuts the segment. */
  readonly changedAt: number;
  /** The offset up to `changedAt`; the same as `offset` where the change lies more than two days before the span. */
  readonly offsetBefore: number;
  /**
   * One past the latest local second that the wall clock had shown when the segment began. Equal to `start + offset`
   * where the clock just goes on; less, and the difference is a gap; more, and it is an overlap.
   */
  readonly shownUntil: number;
  /** The earliest local second that it shows once the segment is over: less than `end + offset` before an overlap. */
  readonly shownAgainFrom: number;
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
/** A change this far outside a span can still matter in it: no zone has changed by more than a day. */
const NEAR_S = 2 * 86_400;

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

type Stretch = { start: number; end: number; offset: number };

function findSegments(probe: OffsetProbe, spanStart: number): ZoneSegment[] {
  const spanEnd = spanStart + SPAN_S;
  const stretches = findStretches(probe, spanStart - NEAR_S, spanEnd + NEAR_S);
  const segments: ZoneSegment[] = [];
  for (const [index, { offset, ...stretch }] of stretches.entries()) {
    const start = Math.max(stretch.start, spanStart);
    const end = Math.min(stretch.end, spanEnd);
    if (start >= end) continue;
    const shownUntil = stretches.slice(0, index).map((earlier) => earlier.end + earlier.offset);
    const shownAgainFrom = stretches.slice(index + 1).map((later) => later.start + later.offset);
    // Where a span cuts the stretch, the clock goes on.
    if (start > stretch.start) shownUntil.push(start + offset);
    if (end < stretch.end) shownAgainFrom.push(end + offset);
    segments.push({
      start,
      end,
      offset,
      changedAt: stretch.start,
      offsetBefore: stretches[index - 1]?.offset ?? offset,
      shownUntil: Math.max(...shownUntil),
      shownAgainFrom: Math.min(...shownAgainFrom),
    });
  }
  return segments;
}

function findStretches(probe: OffsetProbe, from: number, to: number): Stretch[] {
  const stretches: Stretch[] = [];
  for (let start = from; start < to; start = stretches.at(-1)?.end ?? to) {
    const offset = probe(start);
    stretches.push({ start, end: findChange(probe, { start, offset, until: to }), offset });
  }
  return stretches;
}

/** The first second after `start` with another offset, or `until`: steps ahead, then bisects the step. */
function findChange(
  probe: OffsetProbe,
  { start, offset, until }: { start: number; offset: number; until: number },
): number {
  let same = start;
  while (same < until) {
    let other = Math.min(same + PROBE_STEP_S, until);
    if (probe(other) === offset) {
      same = other;
      continue;
    }
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (probe(middle) === offset) same = middle;
      else other = middle;
    }
    return other;
  }
  return until;
}
