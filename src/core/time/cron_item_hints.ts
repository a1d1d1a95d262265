import type { BelfryError } from '../errors.ts';
import type { Complain } from './cron_complaint.ts';
import { describeRange, isDayField } from './cron_field_spec.ts';
import type { CronFieldSpec } from './cron_field_spec.ts';

/** The error about an item that is not cron as Belfry reads it, with the nearest thing that is. */
export function explainUnread(item: string, spec: CronFieldSpec, complain: Complain): BelfryError {
  return complain(...problemOf(item, spec));
}

function problemOf(item: string, spec: CronFieldSpec): [problem: string, hint: string] {
  const has = `has ${item}`;
  if (item.includes('?')) {
    return [has, isDayField(spec) ? '? stands alone in a day field' : '? is for the two day fields; write *'];
  }
  if (item.includes('W') && /^[\dLHW-]+$/.test(item)) {
    const hint = spec.key === 'dayOfMonth' ? 'W comes after one day' : 'W is for day-of-month';
    return [has, `${hint}: 15W is the weekday nearest to the 15th, LW the last weekday of the month`];
  }
  if (/^[\dA-Z]*L(?:-\d+)?$/.test(item)) return [has, hintForLast(spec)];
  if (item.includes('#')) return [has, '# stands between a weekday and 1–5: FRI#2 is the second Friday'];
  if (/^\d+~\d+$/.test(item)) return [has, `for a spread value write H or H(${item.replace('~', '-')})`];
  if (item.includes('~')) return [has, 'for a spread value write H or H(0-29)'];
  return [`${has}, which cron does not know`, describeRange(spec)];
}

function hintForLast(spec: CronFieldSpec): string {
  if (spec.key === 'dayOfMonth') return 'L is the last day of the month, L-3 the third day before it';
  return spec.key === 'dayOfWeek' ? 'L comes after one weekday: 5L is the last Friday' : 'L is for the two day fields';
}
