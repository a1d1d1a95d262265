import type { Backfill } from '../core/backfill.ts';
import type { Freeze, PauseNote } from '../core/freeze.ts';
import type { CalendarRule } from '../core/schedule.ts';
import { describeRule } from '../core/time/words.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScheduleView } from './schedule_view.ts';

// Views as the API and `--json` answer them: times are ISO 8601, null where there is none.

const isoOf = (at: EpochMs | undefined): string | null =>
  at === undefined || at === 0 ? null : new Date(at).toISOString();

export function scheduleJson(view: ScheduleView) {
  const { id, job, key, state, rule, nextFireTime, nextDue, lastFireTime, revision, pause, quarantined } = view;
  const { tg: tags = [], p: payload = null, ...rest } = rule ?? {};
  return {
    id,
    job,
    key: key ?? null,
    state,
    words: rule === undefined ? null : describeRule(rule, id),
    rule: rule === undefined ? null : rest,
    tags,
    payload,
    nextFireTime: isoOf(nextFireTime),
    nextDue: isoOf(nextDue),
    lastFireTime: isoOf(lastFireTime),
    revision,
    pause: pauseJson(pause),
    quarantined: quarantined ?? null,
  };
}

export function pauseJson(pause: PauseNote | undefined) {
  return pause === undefined
    ? null
    : { at: isoOf(pause.at), until: isoOf(pause.until), by: pause.by, note: pause.note };
}

export function freezeJson({ id, from, until, by, why, liftedBy }: Freeze) {
  return { id, from: isoOf(from), until: isoOf(until), by, why, liftedBy: liftedBy ?? null };
}

export function backfillJson({ id, cursor, released, spec }: Backfill) {
  const { schedule, kind, from, to, overlap, rate, by, note, at } = spec;
  return {
    id,
    schedule,
    kind,
    from: isoOf(from),
    to: isoOf(to),
    next: isoOf(cursor),
    released,
    overlap,
    rate: { count: rate[0], periodMs: rate[1] },
    by: by ?? null,
    note: note ?? null,
    at: isoOf(at),
  };
}

export function calendarJson(name: string, { d = [], y = [], w, c }: CalendarRule) {
  return { name, dates: d, yearly: y, weekdays: w ?? null, cron: c ?? null };
}
