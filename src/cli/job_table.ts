import type { JobView } from '../client/jobs.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { formatDuration } from '../core/time/duration.ts';
import type { EpochMs } from '../core/time/units.ts';
import { formatDistance, formatInstant, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

export type TableStyle = { paint: Paint; zone: ShownZone; now: EpochMs };

/** The jobs with when they fire next. */
export function formatJobTable(views: readonly JobView[], style: TableStyle): string {
  const { paint } = style;
  const rows = views.map((view) => [
    paint('bold', view.record.name),
    describeRule(view.rule),
    describeNext(view, style),
    describeHealth(view, paint),
    view.record.description,
  ]);
  return formatTable(['JOB', 'SCHEDULE', 'NEXT', 'STATE', 'DESCRIPTION'], rows, paint);
}

/** A rule in the words of a job file: the cron text with its zone, or the interval. */
export function describeRule(rule: ScheduleRule | undefined): string {
  if (rule === undefined) return '-';
  const when = rule.c ?? `every ${formatDuration(rule.e ?? 0)}`;
  return rule.z === undefined ? when : `${when} (${rule.z})`;
}

function describeNext({ nextFireTime }: JobView, { zone, now }: TableStyle): string {
  return nextFireTime === undefined
    ? '-'
    : `${formatInstant(nextFireTime, zone)}  ${formatDistance(nextFireTime, now)}`;
}

function describeHealth({ stats, quarantined }: JobView, paint: Paint): string {
  if (quarantined !== undefined) return paint('red', 'taken out');
  if (stats.consecutiveFailures > 0) return paint('yellow', `${stats.consecutiveFailures} failed`);
  return stats.lastSuccess === undefined ? paint('dim', 'new') : paint('green', 'ok');
}
