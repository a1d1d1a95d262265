import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import type { ScheduleSpec } from '../core/job.ts';
import type { ScheduleRule, WhenRule } from '../core/schedule.ts';
import { compileRule } from '../core/time/compile_rule.ts';

/** A rule without tags and payload, and its JSON text. The same specification gives the same object. */
export type CachedRule = { rule: ScheduleRule; json: string };

/** Remembers what specifications compile to: a million schedules share a few hundred. */
export type RuleCache = {
  /** Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key. */
  ruleOf(spec: ScheduleSpec, id: string): CachedRule;
  /** What was shared under a rule of this cache. */
  compiledOf(rule: ScheduleRule): CompiledSchedule | undefined;
  share(rule: ScheduleRule, compiled: CompiledSchedule): void;
};

const MAX_RULES = 10_000;

export function createRuleCache(): RuleCache {
  const rules = new Map<string, CachedRule>();
  const compiled = new Map<ScheduleRule, CompiledSchedule>();
  return {
    ruleOf(spec, id) {
      const key = textOf(spec);
      const found = key === undefined ? undefined : rules.get(key);
      if (found !== undefined) return found;
      const rule = compileRule(spec, { id });
      const made = { rule, json: JSON.stringify(rule) };
      if (rules.size >= MAX_RULES) {
        rules.clear();
        compiled.clear();
      }
      if (key !== undefined) rules.set(key, made);
      return made;
    },
    compiledOf: (rule) => compiled.get(rule),
    share: (rule, made) => void compiled.set(rule, made),
  };
}

/** Undefined for what JSON cannot write: then the compiler says what is wrong with it. */
function textOf(spec: unknown): string | undefined {
  try {
    return JSON.stringify(spec);
  } catch {
    return undefined;
  }
}

/** Names of the calendars that a rule leaves out, members of a union included. */
export function calendarsNamedBy(rule: WhenRule): string[] {
  if (rule.x === undefined && rule.u === undefined) return [];
  const own = (rule.x ?? []).filter((except) => typeof except === 'string');
  return [...own, ...(rule.u ?? []).flatMap(calendarsNamedBy)];
}

export function includesReboot(rule: WhenRule): boolean {
  return rule.c === '@reboot' || (rule.u ?? []).some(includesReboot);
}
