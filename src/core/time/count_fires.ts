import { countLocal } from './count_local.ts';
import type { CronFields } from './cron_fields.ts';
import { nextLocal } from './local_search.ts';
import type { EpochMs } from './units.ts';
import { endLocal, firstLocal, laterLocal } from './walker.ts';
import type { ZonedCron } from './walker.ts';
import { TIME_END_S, segmentIndex, spanOf } from './zone.ts';
import type { ZoneSegment } from './zone.ts';

/**
 * How many fire times of a cron text lie in (after, upTo]: as many as a walk with `nextAfter` meets. Counts the local
 * times of each segment of the zone in closed form, so that a year costs no more than its changes of the clock.
 */
export function countFires({ fields, zone }: ZonedCron, after: EpochMs, upTo: EpochMs): number {
  const end = Math.min(Math.floor(upTo / 1_000) + 1, TIME_END_S);
  let count = 0;
  for (let at = Math.max(Math.floor(after / 1_000) + 1, 0); at < end;) {
    const segments = zone.segments(spanOf(at));
    const segment = segments[segmentIndex(segments, at)] as ZoneSegment;
    const until = Math.min(end, segment.end);
    count += countIn(fields, segment, { start: at, end: until });
    at = until;
  }
  return count;
}

/** Instants in seconds: `start` ≤ instant < `end`. */
type Part = { start: number; end: number };

/** Fire times in a part of one segment. Invariant: the same rules as in `nextAfter`. */
function countIn(fields: CronFields, segment: ZoneSegment, { start, end }: Part): number {
  const { offset } = segment;
  const from = start === segment.start ? firstLocal(fields, segment) : laterLocal(fields, segment, start);
  const until = Math.min(endLocal(fields, segment), end + offset);
  const begin = start + offset;
  // Whatever matched inside the gap fires together at the change, and with what the clock shows then.
  const isMoved = countLocal(fields, from, Math.min(begin, until)) > 0 && countLocal(fields, begin, begin + 1) === 0;
  const shown = { start: Math.max(from, begin), end: until };
  const plain = countLocal(fields, shown.start, shown.end) + (isMoved ? 1 : 0);
  return fields.dst.gap === 'shift' ? plain + countShifted(fields, segment, { start, end }, shown) : plain;
}

/** Times in the gap before the segment that are shifted to instants of the part, where nothing else fires already. */
function countShifted(fields: CronFields, segment: ZoneSegment, part: Part, shown: Part): number {
  const { changedAt, offset, offsetBefore } = segment;
  const end = Math.min(changedAt + offset - offsetBefore, part.end) + offsetBefore;
  const from = Math.max(changedAt, part.start) + offsetBefore;
  let count = 0;
  for (let at = nextLocal(fields, from); at < end; at = nextLocal(fields, at + 1)) {
    const local = at - offsetBefore + offset;
    const isTaken = local >= shown.start && local < shown.end && nextLocal(fields, local) === local;
    if (!isTaken) count += 1;
  }
  return count;
}
