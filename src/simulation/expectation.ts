import type { JobDefinition } from '../core/definition.ts';
import { BelfryError } from '../core/errors.ts';
import type { CalendarRule, ScheduleRule } from '../core/schedule.ts';
import { compileTiming } from '../core/time/timing.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ExpectedSchedule, Span } from './judge.ts';

/** More than this takes hours, not minutes. */
const MOST_FIRE_TIMES = 2_000_000;

/** What the rules of the jobs name in the span. Throws BAD_USAGE for more than can be simulated, and what a rule is refused for. */
export function expectFireTimes(
  jobs: readonly JobDefinition[],
  calendars: ReadonlyMap<string, CalendarRule>,
  span: Span,
): ExpectedSchedule[] {
  let left = MOST_FIRE_TIMES;
  return jobs.flatMap(({ name, schedule }) => {
    if (schedule === undefined) return [];
    const fires = firesOf(schedule, name, { calendars, span, most: left });
    left -= fires.kind === 'named' ? fires.fireTimes.length : 0;
    return { id: name, job: name, fires, maxRuns: schedule.mr };
  });
}

type Bounds = { calendars: ReadonlyMap<string, CalendarRule>; span: Span; most: number };

function firesOf(rule: ScheduleRule, id: string, { calendars, span, most }: Bounds): ExpectedSchedule['fires'] {
  const timing = compileTiming(rule, id, (name) => calendars.get(name));
  if (timing.kind === 'reboot') return { kind: 'once' };
  if (rule.f !== undefined) return { kind: 'chain', followMs: rule.f };
  const fireTimes: EpochMs[] = [];
  for (let at = timing.next(span.from - 1); at !== undefined && at < span.to; at = timing.next(at)) {
    if (fireTimes.length === most) {
      throw new BelfryError('BAD_USAGE', `the jobs name more than ${MOST_FIRE_TIMES} fire times in this span`, {
        field: '--to',
        hint: 'simulate a shorter span, or fewer jobs with --jobs',
      });
    }
    fireTimes.push(at);
  }
  return { kind: 'named', fireTimes };
}
