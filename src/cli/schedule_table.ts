import type { ScheduleState, ScheduleView } from '../client/schedule_view.ts';
import { plainText } from '../core/plain_text.ts';
import { describeRule } from '../core/time/words.ts';
import { formatDistance, formatInstant } from './instants.ts';
import type { TableStyle } from './job_table.ts';
import type { Paint } from './paint.ts';
import { describePause } from './pause_words.ts';
import { ruleCell } from './rule_cell.ts';
import { formatFields, formatTable } from './table.ts';

const COLOURS: Readonly<Record<ScheduleState, Parameters<Paint>[0]>> = {
  active: 'green',
  paused: 'yellow',
  ended: 'gray',
  quarantined: 'red',
};

/** Schedules, one a line. */
export function formatScheduleTable(views: readonly ScheduleView[], { paint, zone, now }: TableStyle): string {
  const rows = views.map((view) => [
    paint('bold', view.id),
    ruleCell(view.rule, view.id),
    view.nextFireTime === undefined
      ? '-'
      : `${formatInstant(view.nextFireTime, zone)}  ${formatDistance(view.nextFireTime, now)}`,
    paint(COLOURS[view.state], view.state),
    plainText((view.rule?.tg ?? []).join(' ')),
  ]);
  return formatTable(['SCHEDULE', 'WHEN', 'NEXT', 'STATE', 'TAGS'], rows, paint);
}

/** One schedule with everything that is known of it. */
export function describeSchedule(view: ScheduleView, { paint, zone }: TableStyle): string {
  const { rule, pause, quarantined } = view;
  return formatFields(
    [
      ['schedule', view.id],
      ['job', view.job],
      ['state', paint(COLOURS[view.state], view.state)],
      ['paused', pause && describePause(pause, zone)],
      ['taken out', quarantined && [quarantined.message, quarantined.hint ?? ''].join('\n').trim()],
      ['when', ruleCell(rule, view.id)],
      ['in words', rule && describeRule(rule, view.id)],
      ['next fire time', formatInstant(view.nextFireTime, zone)],
      ['due', view.nextDue === undefined ? undefined : formatInstant(view.nextDue, zone)],
      ['last fire time', formatInstant(view.lastFireTime, zone)],
      ['tags', rule?.tg === undefined ? undefined : plainText(rule.tg.join(' '))],
      ['payload', rule?.p === undefined ? undefined : plainText(JSON.stringify(rule.p))],
      ['rule', plainText(JSON.stringify(rule ?? null))],
      ['revision', String(view.revision)],
    ],
    paint,
  );
}
