import { compileSchedule, type CompiledSchedule } from './compiled_schedule.ts';
import { lookAt, nextToCome } from './due_times.ts';
import type { PauseNote } from './freeze.ts';
import type { ScheduleRule } from './schedule.ts';
import { packSchedule, type StoredSchedule } from './stored_schedule.ts';
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
  /** Why it is paused, where it is: a pause that ends by itself keeps its due time. */
  pause?: PauseNote | undefined;
  /** The rule of the definition, where the caller has compiled it; one that names a calendar must be. */
  compiled?: CompiledSchedule | undefined;
};

/** Stored jobs that a registration removes: those that it neither names nor keeps. */
export function findGone(stored: Iterable<string>, wanted: Iterable<string>, keep: Iterable<string>): string[] {
  const staying = new Set([...wanted, ...keep]);
  return [...stored].filter((name) => !staying.has(name));
}

/**
 * What registering a definition does to its schedule; undefined for nothing. The same definition changes nothing, so any
 * number of replicas may register at once. A fire time that has passed but is not due yet (jitter) survives a change of
 * the rule, and the new rule counts from then on: never for instants before it existed. A paused schedule stays paused.
 */
export function planRegistration(facts: RegistrationFacts, now: EpochMs): ScheduleChange | undefined {
  const { id, ruleJson, stored, value: before, quarantined } = facts;
  if (ruleJson === undefined) return stored && { id, before, after: undefined, due: undefined };
  const isSame = stored?.ruleJson === ruleJson;
  if (isSame && !quarantined) return undefined;
  const rule = JSON.parse(ruleJson) as ScheduleRule;
  const compiled = facts.compiled ?? compileSchedule(id, rule);
  const state = stored?.state ?? 'active';
  const made = rule.mr === undefined ? 0 : (stored?.made ?? 0);
  const next = firstFireTime({ rule, compiled, stored, made }, now);
  const after = packSchedule({
    revision: (stored?.revision ?? 0) + (isSame ? 0 : 1),
    state,
    next,
    last: stored?.last,
    made,
    others: stored?.others ?? '-',
    ruleJson,
  });
  return { id, before, after, due: state === 'paused' ? facts.pause?.until : lookAt(id, compiled, next, now) };
}

type Registered = { rule: ScheduleRule; compiled: CompiledSchedule; stored: StoredSchedule | undefined; made: number };

function firstFireTime({ rule, compiled, stored, made }: Registered, now: EpochMs): EpochMs {
  if (rule.mr !== undefined && made >= rule.mr) return 0;
  if (stored !== undefined && stored.next > 0 && stored.next <= now) return stored.next;
  if (compiled.timing.kind !== 'reboot') return compiled.timing.next(now) ?? 0;
  return stored !== undefined && isOfDeployment(stored.ruleJson, rule.b) ? stored.next : now;
}

/** Whether a stored rule is the `@reboot` of this deployment; a damaged one is not. */
function isOfDeployment(ruleJson: string, deployment: string | undefined): boolean {
  try {
    const { c, b } = JSON.parse(ruleJson) as ScheduleRule;
    return c === '@reboot' && b === deployment;
  } catch {
    return false;
  }
}

/**
 * What a change of a named calendar does to a schedule whose rule names it: its fire time to come is chosen anew;
 * undefined for nothing. One that has passed stays, and gets its verdict from the ticker; a paused schedule chooses when it
 * resumes.
 */
export function planReplan(
  stored: StoredSchedule,
  value: string,
  compiled: CompiledSchedule,
  now: EpochMs,
): ScheduleChange | undefined {
  const isPending = stored.next > 0 && stored.next <= now;
  if (stored.state === 'paused' || isPending) return undefined;
  const next = nextToCome(stored, compiled, now);
  if (next === stored.next) return undefined;
  const after = packSchedule({ ...stored, next });
  return { id: stored.id, before: value, after, due: lookAt(stored.id, compiled, next, now) };
}
