import type { BlackoutSpec, CatchUpSpec, ExceptSpec, ScheduleSpec, WhenSpec } from '../job.ts';
import type { BlackoutRule, ExceptRule, ScheduleRule, WhenRule } from '../schedule.ts';
import { dstOfWords } from './dst.ts';
import { formatDuration } from './duration.ts';
import { isLocal } from './when_kinds.ts';
import { readInstant } from './instant.ts';
import { localTime } from './local_time.ts';
import type { EpochMs } from './units.ts';
import { openZone } from './zone.ts';

/**
 * A stored rule as a job file or the API would write it: compileRule makes the same rule of it. Without what is not the
 * schedule's own to say: tags, payload, deployment. Throws BAD_SCHEDULE for a zone that this tzdata does not know.
 */
export function specOf(rule: ScheduleRule): ScheduleSpec {
  return { ...whenOf(rule, undefined), ...policiesOf(rule) };
}

function whenOf(rule: ScheduleRule, outer: WhenRule | undefined): WhenSpec {
  const { t, n, x, s, q } = rule;
  const write = writerIn(rule.z);
  const spec: WhenSpec = {
    ...kindOf(rule, write),
    ...(t !== undefined && t !== outer?.t && { dst: dstOfWords(t.split(' ')) }),
    ...(n !== undefined && { nth: n }),
    ...(x !== undefined && { except: x.map(exceptOf) }),
    ...(s !== undefined && { start: write(s) }),
    ...(q !== undefined && { end: write(q) }),
  };
  const { z } = rule;
  return z === undefined || z === outer?.z || !goesByZone(rule, spec) ? spec : { ...spec, timezone: z };
}

function kindOf(rule: WhenRule, write: (at: EpochMs) => string): WhenSpec {
  const { c, e, g, y, a, i, l, f, u } = rule;
  if (c !== undefined) return { cron: c };
  if (a !== undefined) return { at: a.map(write) };
  if (i !== undefined) return { repeat: i };
  if (l !== undefined) return { rrule: l };
  if (f !== undefined) return { afterCompletion: formatDuration(f) };
  if (u !== undefined) return { anyOf: u.map((member) => whenOf(member, rule)) };
  return {
    every: formatDuration(e ?? 0),
    ...(g !== undefined && { anchor: write(g) }),
    ...(y !== undefined && { between: `${timeOfDay(y[0])}-${timeOfDay(y[1])}` }),
  };
}

/** A zone that nothing goes by is refused. One was stored all the same where a text was local to it once. */
function goesByZone({ c, y, i, l, u, x, bl }: ScheduleRule, { at, anchor, start, end }: WhenSpec): boolean {
  const isCalendar = [c, y, i, l, u, x, bl].some((part) => part !== undefined);
  return isCalendar || [at ?? [], anchor, start, end].flat().some(isLocal);
}

/** Local to the zone where the text then means the same instant: the second showing of an overlap is told in UTC. */
function writerIn(zoneName: string | undefined): (at: EpochMs) => string {
  const inUtc = (at: EpochMs): string => new Date(at).toISOString().replace('.000Z', 'Z');
  if (zoneName === undefined) return inUtc;
  const zone = openZone(zoneName);
  return (at) => {
    const { date, time } = localTime(at, zoneName);
    const text = `${date}T${time}`;
    return readInstant(text, zone, 'schedule') === at ? text : inUtc(at);
  };
}

function timeOfDay(second: number): string {
  const text = new Date(second * 1_000).toISOString().slice(11, 19);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
}

function exceptOf(rule: ExceptRule): ExceptSpec {
  if (typeof rule === 'string') return rule;
  const { d, y, w, c } = rule;
  return {
    ...(d !== undefined && { dates: d }),
    ...(y !== undefined && { yearly: y }),
    ...(w !== undefined && { weekdays: w }),
    ...(c !== undefined && { cron: c }),
  };
}

function policiesOf(rule: ScheduleRule): Omit<ScheduleSpec, keyof WhenSpec> {
  const { r, k, o, m, w, d, bl, pf, mr, al } = rule;
  const write = writerIn(rule.z);
  return {
    ...(r !== undefined && { jitter: formatDuration(r) }),
    ...(k !== undefined && { window: formatDuration(k) }),
    ...(o !== undefined && { overlap: o }),
    ...(m !== undefined && { catchUp: catchUpOf(m, rule.h) }),
    ...(w !== undefined && { catchUpWindow: formatDuration(w) }),
    ...(d !== undefined && { startDeadline: formatDuration(d) }),
    ...(bl !== undefined && { blackout: bl.map((one) => blackoutOf(one, write)) }),
    ...(pf !== undefined && { pauseOnFailure: pf }),
    ...(mr !== undefined && { maxRuns: mr }),
    ...(al !== undefined && { afterLast: al }),
  };
}

function catchUpOf(most: NonNullable<ScheduleRule['m']>, rate: ScheduleRule['h']): CatchUpSpec {
  if (most === 'none' || (most === 'all' && rate === undefined)) return most;
  return { max: most, ...(rate !== undefined && { rate: `${rate[0]}/${formatDuration(rate[1])}` }) };
}

function blackoutOf([from, to]: BlackoutRule, write: (at: EpochMs) => string): BlackoutSpec {
  return typeof from === 'string' ? { cron: from, for: formatDuration(to) } : { from: write(from), to: write(to) };
}
