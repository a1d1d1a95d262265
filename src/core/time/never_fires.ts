import type { WhenRule } from '../schedule.ts';
import { firesMoreOften } from './counter.ts';
import { badSchedule } from './schedule_error.ts';
import { compileTiming } from './timing.ts';
import { TIME_END } from './timing_kind.ts';

type Place = { id: string; field: string };

/**
 * Refuses a rule of which it can be shown that it never fires, and one whose firings would take too long to count.
 * Throws BAD_SCHEDULE.
 */
export function assertFires(rule: WhenRule, { id, field }: Place): void {
  // A cron text that can never match is refused by its parser, and a plain interval always comes.
  if (rule.n !== undefined) assertCountable(rule, { id, field });
  const { c, e, f, n, x, s, q } = rule;
  const isPlain = (c ?? e ?? f) !== undefined && [n, x, s, q].every((part) => part === undefined);
  if (isPlain || rule.c === '@reboot') return;
  // A named calendar is not known here, and may change: it is taken for empty.
  const timing = compileTiming(rule, id, () => ({}));
  if (timing.next(-1) !== undefined) return;
  // The search from one end is bounded, so the other end has a say too; but a count from there would take long.
  if (n === undefined && timing.previous(TIME_END) !== undefined) return;
  throw badSchedule(field, 'never fires', 'a time between start and end, up to 2199, that except does not leave out');
}

const MINUTES_PER_DAY = 1_440;
const HOURS_PER_DAY = 24;

/** What is counted in closed form may be dense; what has to be walked may not. */
function assertCountable({ n: _nth, x: _except, ...rule }: WhenRule, { id, field }: Place): void {
  const timing = compileTiming(rule, id);
  const isClosed = timing.kind === 'cron' || timing.kind === 'interval';
  const perDay = isClosed ? MINUTES_PER_DAY : HOURS_PER_DAY;
  if (!firesMoreOften(timing, rule.s ?? 0, perDay)) return;
  const often = isClosed ? 'a minute' : 'an hour';
  throw badSchedule(
    `${field}.nth`,
    `counts what fires more often than once ${often}`,
    'the longer interval itself: every: "90s"',
  );
}
