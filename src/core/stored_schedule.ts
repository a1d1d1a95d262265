import type { ScheduleRule } from './schedule.ts';
import type { EpochMs } from './time/units.ts';

/**
 * A schedule as Redis keeps it: one string, `<revision>[p] <next> <last>[#<made>] <others> <rule JSON>`.
 * The part before the rule is the head. A commit compares the whole head and replaces it, so that a plan
 * made from an older head changes nothing. `p` stands for paused; who and why is in the hash `paused`.
 */
export type StoredSchedule = {
  id: string;
  /** Counts the changes of the rule, and each pause and resume. */
  revision: number;
  state: 'active' | 'paused';
  /** The next fire time that has no verdict yet; 0 when none will come (or, with a fixed delay, while its run lives). */
  next: EpochMs;
  /** Fire time of the run that was made last, or undefined. */
  last: EpochMs | undefined;
  /** Runs made so far, where the rule has `maxRuns`; else 0. */
  made: number;
  /** Ids of further runs that may live (triggered by hand, caught up, backfilled), comma-separated; `-` for none. */
  others: string;
  ruleJson: string;
};

export function packHead(schedule: Omit<StoredSchedule, 'id' | 'ruleJson'>): string {
  const { revision, state, next, last, made, others } = schedule;
  return `${revision}${state === 'paused' ? 'p' : ''} ${next} ${last ?? '-'}${made === 0 ? '' : `#${made}`} ${others} `;
}

export function packSchedule(schedule: Omit<StoredSchedule, 'id'>): string {
  return packHead(schedule) + schedule.ruleJson;
}

export function unpackSchedule(id: string, value: string): StoredSchedule {
  const afterRevision = value.indexOf(' ');
  const afterNext = value.indexOf(' ', afterRevision + 1);
  const afterLast = value.indexOf(' ', afterNext + 1);
  const afterOthers = value.indexOf(' ', afterLast + 1);
  const isPaused = value[afterRevision - 1] === 'p';
  const last = value.slice(afterNext + 1, afterLast);
  const hash = last.indexOf('#');
  const lastText = hash < 0 ? last : last.slice(0, hash);
  return {
    id,
    revision: Number(value.slice(0, isPaused ? afterRevision - 1 : afterRevision)),
    state: isPaused ? 'paused' : 'active',
    next: Number(value.slice(afterRevision + 1, afterNext)),
    last: lastText === '-' ? undefined : Number(lastText),
    made: hash < 0 ? 0 : Number(last.slice(hash + 1)),
    others: value.slice(afterLast + 1, afterOthers),
    ruleJson: value.slice(afterOthers + 1),
  };
}

export function parseRule(schedule: StoredSchedule): ScheduleRule {
  return JSON.parse(schedule.ruleJson) as ScheduleRule;
}
