import type { ScheduleRule } from './schedule.ts';
import type { EpochMs } from './time/units.ts';

/**
 * A schedule as Redis keeps it: one string, `<revision> <next> <last> <manual> <rule JSON>`.
 * The part before the rule is the head. A commit compares the whole head and replaces it, so that a plan
 * made from an older head changes nothing.
 */
export type StoredSchedule = {
  id: string;
  /** Counts the changes of the rule. */
  revision: number;
  /** The next fire time that has no verdict yet; 0 when none will come. */
  next: EpochMs;
  /** Fire time of the run that was made last, or undefined. */
  last: EpochMs | undefined;
  /** Ids of runs that were triggered by hand and may live, comma-separated; `-` for none. */
  manual: string;
  ruleJson: string;
};

export function packHead(schedule: Omit<StoredSchedule, 'id' | 'ruleJson'>): string {
  return `${schedule.revision} ${schedule.next} ${schedule.last ?? '-'} ${schedule.manual} `;
}

export function packSchedule(schedule: Omit<StoredSchedule, 'id'>): string {
  return packHead(schedule) + schedule.ruleJson;
}

export function unpackSchedule(id: string, value: string): StoredSchedule {
  const afterRevision = value.indexOf(' ');
  const afterNext = value.indexOf(' ', afterRevision + 1);
  const afterLast = value.indexOf(' ', afterNext + 1);
  const afterManual = value.indexOf(' ', afterLast + 1);
  const last = value.slice(afterNext + 1, afterLast);
  return {
    id,
    revision: Number(value.slice(0, afterRevision)),
    next: Number(value.slice(afterRevision + 1, afterNext)),
    last: last === '-' ? undefined : Number(last),
    manual: value.slice(afterLast + 1, afterManual),
    ruleJson: value.slice(afterManual + 1),
  };
}

export function parseRule(schedule: StoredSchedule): ScheduleRule {
  return JSON.parse(schedule.ruleJson) as ScheduleRule;
}
