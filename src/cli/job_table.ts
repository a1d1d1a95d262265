import type { JobView } from '../client/jobs.ts';
import type { EpochMs } from '../core/time/units.ts';
import { formatDistance, formatInstant, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';
import { ruleCell } from './rule_cell.ts';
import { formatTable } from './table.ts';

export type TableStyle = { paint: Paint; zone: ShownZone; now: EpochMs };

/** The jobs with when they fire next. */
export function formatJobTable(views: readonly JobView[], style: TableStyle): string {
  const { paint } = style;
  const rows = views.map((view) => [
    paint('bold', view.record.name),
    ruleCell(view.rule, view.record.name),
    describeNext(view, style),
    describeHealth(view, paint),
    view.record.description,
  ]);
  return formatTable(['JOB', 'SCHEDULE', 'NEXT', 'STATE', 'DESCRIPTION'], rows, paint);
}

function describeNext({ nextFireTime }: JobView, { zone, now }: TableStyle): string {
  return nextFireTime === undefined
    ? '-'
    : `${formatInstant(nextFireTime, zone)}  ${formatDistance(nextFireTime, now)}`;
}

function describeHealth({ stats, quarantined, pause, blocked }: JobView, paint: Paint): string {
  if (quarantined !== undefined) return paint('red', 'taken out');
  if (pause !== undefined) return paint('yellow', 'paused');
  if (stats.consecutiveFailures > 0) return paint('yellow', `${stats.consecutiveFailures} failed`);
  if (blocked !== undefined) return paint('yellow', 'blocked');
  return stats.lastSuccess === undefined ? paint('dim', 'new') : paint('green', 'ok');
}
