import type { ScheduleRule } from '../core/schedule.ts';
import { formatDuration } from '../core/time/duration.ts';
import { describeRule } from '../core/time/words.ts';

const WIDTH = 60;

/**
 * A rule in a cell of a table: the cron text with its zone, or the interval, as a job file writes them; else in words.
 * `id` is the schedule's.
 */
export function ruleCell(rule: ScheduleRule | undefined, id: string): string {
  if (rule === undefined) return '-';
  const zone = rule.z === undefined ? '' : ` (${rule.z})`;
  if (rule.c !== undefined) return `${rule.c}${zone}`;
  if (rule.e !== undefined && rule.y === undefined) return `every ${formatDuration(rule.e)}`;
  const words = describeRule(rule, id);
  return words.length > WIDTH ? `${words.slice(0, WIDTH - 1)}…` : words;
}
