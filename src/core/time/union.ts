import type { Timing } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/** Fires whenever one of the members does; once where several do at the same instant. */
export function unionTiming(members: readonly Timing[]): Timing {
  return {
    kind: 'union',
    usesSeed: members.some((member) => member.usesSeed),
    next(after) {
      let first: EpochMs | undefined;
      for (const member of members) {
        const at = member.next(after);
        if (at !== undefined && (first === undefined || at < first)) first = at;
      }
      return first;
    },
    previous(before) {
      let last: EpochMs | undefined;
      for (const member of members) {
        const at = member.previous(before);
        if (at !== undefined && (last === undefined || at > last)) last = at;
      }
      return last;
    },
  };
}
