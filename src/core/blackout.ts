import type { BlackoutRule, ScheduleRule, WhenRule } from './schedule.ts';
import type { Timing } from './time/timing.ts';
import type { EpochMs } from './time/units.ts';

/** Spans of time in which the fire times of a schedule are skipped. */
export type Blackouts = {
  /** Whether a fire time at this instant is blacked out. */
  covers(at: EpochMs): boolean;
  /** An instant, not after `at`, since which `covers` answers the same; not always the earliest. */
  steadySince(at: EpochMs): EpochMs;
  /** An instant after `at` up to which all is covered; not always the latest. Undefined where `at` is not. */
  coveredUntil(at: EpochMs): EpochMs | undefined;
};

/** The span that holds `at`, or since when the one before it is over. */
type Look = { covered: true; since: EpochMs; until: EpochMs } | { covered: false; since: EpochMs };

/** Undefined for a rule without blackouts. Cron texts are in the zone and DST policy of the rule. Throws BAD_CRON. */
export function compileBlackouts(rule: ScheduleRule, timingOf: (when: WhenRule) => Timing): Blackouts | undefined {
  if (rule.bl === undefined || rule.bl.length === 0) return undefined;
  const place: WhenRule = { ...(rule.z !== undefined && { z: rule.z }), ...(rule.t !== undefined && { t: rule.t }) };
  const lookers = rule.bl.map((blackout) => compileLook(blackout, (text) => timingOf({ c: text, ...place })));
  return {
    covers: (at) => lookers.some((look) => look(at).covered),
    steadySince(at) {
      const looks = lookers.map((look) => look(at));
      const covering = looks.filter(({ covered }) => covered).map(({ since }) => since);
      // Covered: at least since the longest of the spans began. Clear: since the last of them ended.
      return covering.length > 0 ? Math.min(...covering) : Math.max(...looks.map(({ since }) => since));
    },
    coveredUntil(at) {
      const ends = lookers.map((look) => look(at)).flatMap((look) => (look.covered ? [look.until] : []));
      return ends.length > 0 ? Math.max(...ends) : undefined;
    },
  };
}

function compileLook(blackout: BlackoutRule, timingOf: (text: string) => Timing): (at: EpochMs) => Look {
  const [begin, extent] = blackout;
  if (typeof begin === 'number') {
    return (at) => {
      if (at < begin) return { covered: false, since: -Infinity };
      return at < extent ? { covered: true, since: begin, until: extent } : { covered: false, since: extent };
    };
  }
  const timing = timingOf(begin);
  return (at) => {
    const match = timing.previous(at + 1);
    if (match === undefined) return { covered: false, since: -Infinity };
    const until = match + extent;
    return at < until ? { covered: true, since: match, until } : { covered: false, since: until };
  };
}
