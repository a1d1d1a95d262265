import type { CronFields } from './cron_fields.ts';
import { nextLocal, previousLocal } from './local_search.ts';
import type { EpochMs } from './units.ts';
import { LAST_SPAN, TIME_END_S, segmentIndex, spanOf } from './zone.ts';
import type { Zone, ZoneSegment } from './zone.ts';

export type ZonedCron = { readonly fields: CronFields; readonly zone: Zone };

/**
 * The first fire time strictly after an instant, in epoch ms; undefined when there is none before the year 2200.
 *
 * Stateless: the answer is the same from wherever the walk comes. The clock changes are met as `DstRule` says, by one
 * idea for all of them: an `elapsed` expression asks what the wall clock shows, a `wall` expression asks for the moment
 * when it first showed that time or a later one. (Vixie cron takes a jump of 3 h or more for a corrected clock and
 * forgets the jobs in it; a zone's own change, such as Samoa's skipped day, is no correction, so here it is a gap.)
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
      const from = firstToCome(fields, segment, start);
      if (from < searchedFrom || from > match) {
        match = nextLocal(fields, from);
        searchedFrom = from;
      }
      if (match < segment.end + segment.offset) return toEpochMs(match, segment);
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
      const from = Math.min(end, segment.end - 1) + segment.offset;
      if (from > searchedFrom || from < match) {
        match = previousLocal(fields, from);
        searchedFrom = from;
      }
      const floor = fields.dst === 'wall' ? segment.shownUntil : segment.start + segment.offset;
      if (match >= floor) return toEpochMs(match, segment);
    }
  }
  return undefined;
}

/** The first local second of the segment, at or after the instant `start`, that counts for the expression. */
function firstToCome(fields: CronFields, segment: ZoneSegment, start: number): number {
  if (fields.dst === 'elapsed') return Math.max(start, segment.start) + segment.offset;
  // Up to a gap's end its local times are still to come; after it, as in an overlap, what was shown is done with.
  return start <= segment.start ? segment.shownUntil : Math.max(start + segment.offset, segment.shownUntil);
}

/** A local second inside a gap becomes the instant of the change. */
function toEpochMs(local: number, segment: ZoneSegment): EpochMs | undefined {
  const instant = Math.max(local - segment.offset, segment.start);
  return instant < TIME_END_S ? instant * 1_000 : undefined;
}
