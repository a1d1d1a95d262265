import { dstRuleOf, parseDstPolicy } from './dst.ts';
import type { DstRule } from './dst.ts';
import { LAST_SPAN, TIME_END_S, segmentIndex, spanOf } from './zone.ts';
import type { Zone, ZoneSegment } from './zone.ts';

/** No zone is further than this from UTC, in seconds. */
const WIDEST_OFFSET_S = 26 * 3_600;

/** At which instants a wall clock shows a local time; all in seconds. */
export type Showings =
  | { kind: 'shown'; instants: readonly number[] }
  /** The clock jumps over it: the instant of the change, and the local time as the offset before would have had it. */
  | { kind: 'gap'; change: number; shifted: number }
  /** Before 1970 or after 2199. */
  | { kind: 'outside' };

/** At which instants the wall clock of a zone shows a local time, in local seconds; in order. */
export function showingsOf(zone: Zone, local: number): Showings {
  const instants: number[] = [];
  let before: ZoneSegment | undefined;
  const from = Math.max(local - WIDEST_OFFSET_S, 0);
  for (let span = spanOf(from); span <= LAST_SPAN; span++) {
    const segments = zone.segments(span);
    for (let index = segmentIndex(segments, from); index < segments.length; index++) {
      const segment = segments[index] as ZoneSegment;
      if (segment.start > local + WIDEST_OFFSET_S) return instants.length === 0 ? { kind: 'outside' } : shown(instants);
      const instant = local - segment.offset;
      if (instant >= segment.start && instant < segment.end) instants.push(instant);
      // A gap: the segment before had not come to this local time when it ended, and this one begins after it.
      else if (
        before !== undefined &&
        instant < segment.start &&
        local - before.offset >= segment.start &&
        instants.length === 0
      ) {
        return { kind: 'gap', change: segment.start, shifted: local - before.offset };
      }
      before = segment;
    }
  }
  return instants.length === 0 ? { kind: 'outside' } : shown(instants);
}

const shown = (instants: number[]): Showings => ({ kind: 'shown', instants });

/** The instants, in seconds and in order, that a local time stands for under a rule: none, one or several. */
export function instantsOf(zone: Zone, local: number, rule: DstRule): readonly number[] {
  return choose(showingsOf(zone, local), rule).filter((instant) => instant >= 0 && instant < TIME_END_S);
}

function choose(showings: Showings, { gap, overlap }: DstRule): readonly number[] {
  if (showings.kind === 'outside') return [];
  if (showings.kind === 'gap') {
    if (gap === 'skip') return [];
    return [gap === 'shift' ? showings.shifted : showings.change];
  }
  const { instants } = showings;
  if (overlap === 'both' || instants.length === 1) return instants;
  return overlap === 'first' ? instants.slice(0, 1) : instants.slice(-1);
}

const FIXED_TIME = {
  fields: { second: '0', minute: '30', hour: '2', dayOfMonth: '*', month: '*', dayOfWeek: '*' },
} as const;

/** What a policy does with a fixed time of day. Throws BAD_SCHEDULE for a policy that is none. */
export function fixedTimeRule(policy: string | undefined): DstRule {
  return dstRuleOf(parseDstPolicy(policy), FIXED_TIME);
}
