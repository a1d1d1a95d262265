import type { CronFields } from './cron_fields.ts';
import { nextLocal, previousLocal } from './local_search.ts';
import type { EpochMs } from './units.ts';
import { LAST_SPAN, TIME_END_S, segmentIndex, spanOf } from './zone.ts';
import type { Zone, ZoneSegment } from './zone.ts';

/** Farther apart than this, no change of the clock brings back a local time: offsets differ by 26 hours at most. */
const FAR_S = 3 * 86_400;

export type ZonedCron = { readonly fields: CronFields; readonly zone: Zone };

/**
 * The first fire time strictly after an instant, in epoch ms; undefined when there is none before the year 2200.
 *
 * Stateless: the answer is the same from wherever the walk comes. What a change of the clock does is told by `DstRule`.
 * The walk goes from segment to segment of the zone. In each, the local times that count are those from `firstLocal`
 * up to `endLocal`, and those that a gap moved into it. (Vixie cron takes a jump of 3 h or more for a corrected clock
 * and forgets the jobs in it; a zone's own change, such as Samoa's skipped day, is no correction, so here it is a gap.)
 * Never throws; an `after` that is not a number has no next fire time.
 */
export function nextAfter({ fields, zone }: ZonedCron, after: EpochMs): EpochMs | undefined {
  const start = Math.max(Math.floor(after / 1_000) + 1, 0);
  if (!(start < TIME_END_S)) return undefined;
  // Invariant: nothing matches in [searchedFrom, match), so that a segment within it needs no search of its own.
  let searchedFrom = Infinity;
  let match = -Infinity;
  for (let span = spanOf(start); span <= LAST_SPAN; span++) {
    const segments = zone.segments(span);
    for (let index = segmentIndex(segments, start); index < segments.length; index++) {
      const segment = segments[index] as ZoneSegment;
      // After its beginning, what was in the gap before the segment has fired.
      const from = start <= segment.start ? firstLocal(fields, segment) : laterLocal(fields, segment, start);
      if (from < searchedFrom || from > match) {
        match = nextLocal(fields, from);
        searchedFrom = from;
      }
      const shifted = nextShifted(fields, segment, start);
      const found = match < endLocal(fields, segment) ? Math.max(match - segment.offset, segment.start) : Infinity;
      if (found < Infinity || shifted < Infinity) return toEpochMs(Math.min(found, shifted));
      if (match === Infinity && segment.end > searchedFrom + FAR_S) return undefined;
    }
  }
  return undefined;
}

/** The last fire time strictly before an instant, in epoch ms; undefined when there is none since 1970. See `nextAfter`. */
export function previousBefore({ fields, zone }: ZonedCron, before: EpochMs): EpochMs | undefined {
  const end = Math.min(Math.ceil(before / 1_000) - 1, TIME_END_S - 1);
  if (!(end >= 0)) return undefined;
  // Invariant: nothing matches in (match, searchedFrom].
  let searchedFrom = -Infinity;
  let match = Infinity;
  for (let span = spanOf(end); span >= 0; span--) {
    const segments = zone.segments(span);
    for (let index = segmentIndex(segments, end); index >= 0; index--) {
      const segment = segments[index] as ZoneSegment;
      const from = Math.min(end + segment.offset, endLocal(fields, segment) - 1);
      if (from > searchedFrom || from < match) {
        match = previousLocal(fields, from);
        searchedFrom = from;
      }
      const shifted = previousShifted(fields, segment, end);
      const found = match >= firstLocal(fields, segment) ? Math.max(match - segment.offset, segment.start) : -Infinity;
      if (found > -Infinity || shifted > -Infinity) return toEpochMs(Math.max(found, shifted));
      if (match === -Infinity && segment.start < searchedFrom - FAR_S) return undefined;
    }
  }
  return undefined;
}

/** The first local second that counts in a segment; a second inside the gap before it stands for the instant of the change. */
export function firstLocal({ dst }: CronFields, segment: ZoneSegment): number {
  const begin = segment.start + segment.offset;
  const { shownUntil } = segment;
  return (shownUntil < begin ? dst.gap === 'transition' : dst.overlap === 'first') ? shownUntil : begin;
}

/** The first local second that counts in a segment, at or after an instant inside it. */
export function laterLocal({ dst }: CronFields, segment: ZoneSegment, instant: number): number {
  const local = instant + segment.offset;
  return dst.overlap === 'first' ? Math.max(local, segment.shownUntil) : local;
}

/** One past the last local second that counts in a segment. */
export function endLocal({ dst }: CronFields, segment: ZoneSegment): number {
  const end = segment.end + segment.offset;
  return dst.overlap === 'last' ? Math.min(end, segment.shownAgainFrom) : end;
}

/**
 * The first instant at or after `start` that a time in the gap before the segment is shifted to; Infinity for none.
 * Shifting by the length of the gap is reading the wall clock as if it had not been changed. No segment is shorter than
 * the gap before it (Samoa's day is the longest gap, a week the shortest segment), so that it falls into the segment, as a whole.
 */
function nextShifted(fields: CronFields, segment: ZoneSegment, start: number): number {
  const { changedAt, offset, offsetBefore } = segment;
  const from = Math.max(changedAt, segment.start, start);
  const end = Math.min(changedAt + offset - offsetBefore, segment.end);
  if (fields.dst.gap !== 'shift' || from >= end) return Infinity;
  const instant = nextLocal(fields, from + offsetBefore) - offsetBefore;
  return instant < end ? instant : Infinity;
}

/** The last instant at or before `end` that a time in the gap before the segment is shifted to; -Infinity for none. */
function previousShifted(fields: CronFields, segment: ZoneSegment, end: number): number {
  const { changedAt, offset, offsetBefore } = segment;
  if (fields.dst.gap !== 'shift' || offset <= offsetBefore) return -Infinity;
  const last = Math.min(end, changedAt + offset - offsetBefore - 1, segment.end - 1);
  const instant = previousLocal(fields, last + offsetBefore) - offsetBefore;
  return instant >= Math.max(changedAt, segment.start) ? instant : -Infinity;
}

function toEpochMs(instant: number): EpochMs | undefined {
  return instant < TIME_END_S ? instant * 1_000 : undefined;
}
