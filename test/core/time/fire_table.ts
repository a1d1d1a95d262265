import { describe, expect, test } from 'vitest';
import type { ScheduleSpec } from '../../../src/core/job.ts';
import { compileRule } from '../../../src/core/time/compile_rule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import type { Timing } from '../../../src/core/time/timing.ts';
import type { EpochMs } from '../../../src/core/time/units.ts';
import { walk } from './timing_laws.ts';
import { wallClockOf } from './wall_clock_model.ts';

/**
 * Tables of fire times, which were worked out from the rules of the calendar and of the zones, without Belfry.
 *
 * A stretch is an instant, which counts, or two, `from/to`, of which the second does not; in UTC where it names no offset.
 * Fire times are written day by day, `2027-01-31T06:05,06:20 2027-02-01T06:05`, midnight alone as `2027-01-31`. In a
 * stretch with an end they are all that there are, or `none`; without, the next ones, and `never` says that none follows.
 */
export type FireRow = readonly [cron: string, stretch: string, fires: string, more?: RowTerms];

/**
 * Zone and policy of the rule, and id of its schedule. The fire times of a row are what the wall clock of the zone shows,
 * or UTC where `clock` says so, as it must where the wall clock shows a time twice.
 */
export type RowTerms = { zone?: string; dst?: string; id?: string; clock?: 'UTC' };

/** Makes a test of each row. `common` holds for those that say nothing else. */
export function checkFires(what: string, rows: readonly FireRow[], common: RowTerms = {}): void {
  const cases = rows.map(([cron, stretch, fires, more]) => {
    const { zone, dst, id = '', clock = zone } = { ...common, ...more };
    const rule = { c: cron, ...(zone !== undefined && { z: zone }), ...(dst !== undefined && { t: dst }) };
    const timing = () => compileTiming(rule, id);
    const name = [cron, ...[zone, dst, id].filter((term) => term !== undefined && term !== '')].join(', ');
    return { name, stretch, fires, timing, clock };
  });
  describe(`${what}:`, () => {
    test.each(cases)('$name from $stretch on: $fires', ({ timing, stretch, fires, clock }) => {
      expectFires(timing(), stretch, { fires, clock });
    });
  });
}

/**
 * Checks a preset against tables: `# what happens`, then `@ zone stretch`, then rows `cron | fire times` in UTC. They were
 * worked out from the rule minute by minute by a program that shares nothing with Belfry.
 */
export function checkPreset(dst: string, tables: string): void {
  for (const table of tables.trim().split(/\n\n+/)) {
    const [title = '', site = '', ...lines] = table.split('\n');
    const [, zone = '', stretch = ''] = site.split(' ');
    const rows = lines.map((line): FireRow => {
      const [cron = '', fires = ''] = line.split('|').map((cell) => cell.trim());
      return [cron, stretch, fires];
    });
    checkFires(`the table of ${title.replace('# ', '')}`, rows, { zone, dst, clock: 'UTC' });
  }
}

type Expected = { fires: string; clock?: string | undefined };

/** Walks the stretch forwards, and back again from its end. The clock is that of a zone. */
export function expectFires(timing: Timing, stretch: string, { fires, clock = 'UTC' }: Expected): void {
  const [from = 0, to = Infinity] = stretch.split('/').map(readUtc);
  const isOpen = to === Infinity;
  const count = isOpen ? fires.split(/[ ,]/).filter((word) => word !== 'never').length : Infinity;
  const forwards = walk(timing.next, from - 1, { count, isInside: (at) => at < to });
  const last = forwards.at(-1) ?? from - 1;
  const shown = showTimes(forwards, clock);
  if (isOpen && fires.endsWith('never') && timing.next(last) === undefined) shown.push('never');
  if (!isOpen && forwards.length === 0) shown.push('none');
  expect(shown.join(' ')).toBe(fires);
  const backwards = walk(timing.previous, isOpen ? last + 1 : to, { isInside: (at) => at >= from });
  expect(backwards.toReversed()).toEqual(forwards);
}

function readUtc(text: string): EpochMs {
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
}

function showTimes(times: readonly EpochMs[], zone: string): string[] {
  const clock = wallClockOf(zone);
  const days = new Map<string, string[]>();
  for (const at of times) {
    const local = new Date(clock(at) * 1_000 + (at % 1_000)).toISOString();
    const time = local.slice(11, 23).replace(/(:00)?\.000$/, '');
    days.set(local.slice(0, 10), [...(days.get(local.slice(0, 10)) ?? []), time]);
  }
  return [...days].map(([date, clocks]) => (clocks.join() === '00:00' ? date : `${date}T${clocks.join()}`));
}

/** The timing of a whole spec, as it is written in a job file. */
export function timingOf(spec: ScheduleSpec): Timing {
  return compileTiming(compileRule(spec, { id: '' }), '');
}
