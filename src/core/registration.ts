import { compileSchedule } from './compiled_schedule.ts';
import type { ScheduleRule } from './schedule.ts';
import { packSchedule, type StoredSchedule } from './stored_schedule.ts';
import { dueTimeOf } from './tick.ts';
import type { EpochMs } from './time/units.ts';

/** A change to one stored schedule, to be committed only if it still is `before`. */
export type ScheduleChange = {
  id: string;
  before: string | undefined;
  after: string | undefined;
  due: EpochMs | undefined;
};

export type RegistrationFacts = {
  id: string;
  /** Rule JSON of the definition, or undefined where it has none (any more). */
  ruleJson: string | undefined;
  stored: StoredSchedule | undefined;
  /** Stored text of `stored`. */
  value: string | undefined;
  /** It was taken out because it could not be planned. */
  quarantined: boolean;
};

/**
 * What registering a definition does to its schedule; undefined for nothing. The same definition changes nothing, so any
 * number of replicas may register at once. A fire time that has passed but is not due yet (jitter) survives a change of
 * the rule, and the new rule counts from then on: never for instants before it existed.
 */
export function planRegistration(facts: RegistrationFacts, now: EpochMs): ScheduleChange | undefined {
  const { id, ruleJson, stored, value: before, quarantined } = facts;
  if (ruleJson === undefined) return stored && { id, before, after: undefined, due: undefined };
  if (stored?.ruleJson === ruleJson && !quarantined) return undefined;
  const compiled = compileSchedule(id, JSON.parse(ruleJson) as ScheduleRule);
  const pending = stored !== undefined && stored.next > 0 && stored.next <= now;
  const next = pending ? stored.next : (compiled.timing.next(now) ?? 0);
  const after = packSchedule({
    revision: (stored?.revision ?? 0) + (stored?.ruleJson === ruleJson ? 0 : 1),
    next,
    last: stored?.last,
    manual: stored?.manual ?? '-',
    ruleJson,
  });
  return { id, before, after, due: next === 0 ? undefined : dueTimeOf(id, compiled, next) };
}
