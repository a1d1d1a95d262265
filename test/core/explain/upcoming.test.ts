import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../../src/core/compiled_schedule.ts';
import { dueTimeOf } from '../../../src/core/due_times.ts';
import { calendarsExcluding, IN_THE_RULE } from '../../../src/core/explain/excluded_by.ts';
import { upcomingFireTimes } from '../../../src/core/explain/upcoming.ts';
import type { Freeze } from '../../../src/core/freeze.ts';
import type { ScheduleRule } from '../../../src/core/schedule.ts';

const NOW = Date.parse('2026-03-27T12:00:00Z');

function upcoming(rule: ScheduleRule, count: number, freezes: Freeze[] = [], made = 0) {
  const compiled = compileSchedule('report', rule);
  const next = compiled.timing.next(NOW) ?? 0;
  return upcomingFireTimes({ id: 'report', compiled, next, timezone: rule.z ?? 'UTC', freezes, made }, count, NOW);
}

describe('the fire times to come', () => {
  test('are as many as asked, with the due times that the planner works out', () => {
    const rule: ScheduleRule = { c: '0 * * * *', r: 600_000, k: 900_000 };
    const compiled = compileSchedule('report', rule);
    const found = upcoming(rule, 10);
    expect(found).toHaveLength(10);
    for (const { fireTime, due } of found) expect(due).toBe(dueTimeOf('report', compiled, fireTime));
    expect(found.some(({ fireTime, due }) => due > fireTime)).toBe(true);
  });

  test('are fewer where the schedule ends', () => {
    expect(upcoming({ c: '0 * * * *', q: NOW + 2.5 * 3_600_000 }, 10)).toHaveLength(2);
  });

  test('are fewer where the last run is near, and what is skipped makes no run', () => {
    const hourly: ScheduleRule = { c: '0 * * * *', mr: 3 };
    expect(upcoming(hourly, 10)).toHaveLength(3);
    expect(upcoming(hourly, 10, [], 2)).toHaveLength(1);
    expect(upcoming(hourly, 10, [], 3)).toEqual([]);
    const freeze = { id: 'f', from: NOW, until: NOW + 2.5 * 3_600_000, by: 'ada', why: 'x' };
    expect(upcoming(hourly, 10, [freeze])).toHaveLength(5);
  });

  test('mark the first one after a change of the clock, and no other', () => {
    const found = upcoming({ c: '30 9 * * *', z: 'Europe/Berlin' }, 4);
    expect(found.map(({ marks }) => marks)).toEqual([
      [],
      [{ kind: 'clock-change', offsetBeforeMs: 3_600_000, offsetAfterMs: 7_200_000 }],
      [],
      [],
    ]);
  });

  test('mark those that a blackout or a freeze will skip', () => {
    const day = 86_400_000;
    const freeze = { id: 'f', from: NOW, until: NOW + day, by: 'ada', why: 'x' };
    const found = upcoming({ c: '0 9 * * *', bl: [[NOW + day, NOW + 2 * day]] }, 3, [freeze]);
    expect(found.map(({ marks }) => marks.map(({ kind }) => kind))).toEqual([['freeze'], ['blackout'], []]);
  });
});

test('a fire time that is due in a freeze is marked, as the planner skips it', () => {
  const freeze = { id: 'f', from: NOW + 3_600_000 + 1_000, until: NOW + 1.9 * 3_600_000, by: 'ada', why: 'x' };
  const [first, second] = upcoming({ c: '0 * * * *', k: 1_800_000 }, 2, [freeze]);
  expect(first?.due).toBeGreaterThan(freeze.from);
  expect([first, second].map((found) => found?.marks)).toEqual([[{ kind: 'freeze' }], []]);
});

describe('the calendars that leave an instant out', () => {
  const christmas = Date.parse('2026-12-25T09:00:00Z');
  const calendars = new Map([
    ['holidays', { y: ['12-25'] }],
    ['weekends', { w: 'SAT,SUN' }],
  ]);

  test('are named, and what the rule itself leaves out is told apart', () => {
    const rule = { c: '0 9 * * *', x: ['holidays', 'weekends', { d: ['2026-12-25'] }] };
    expect(calendarsExcluding(rule, christmas, calendars)).toEqual(['holidays', IN_THE_RULE]);
  });

  test('go by the days of the zone', () => {
    const rule = { c: '0 * * * *', z: 'Asia/Tokyo', x: ['holidays'] };
    expect(calendarsExcluding(rule, Date.parse('2026-12-24T20:00:00Z'), calendars)).toEqual(['holidays']);
    expect(calendarsExcluding(rule, Date.parse('2026-12-25T20:00:00Z'), calendars)).toEqual([]);
  });

  test('are looked for in the parts of a union, and an unknown one leaves nothing out', () => {
    const rule = {
      u: [
        { c: '0 9 * * *', x: ['holidays'] },
        { c: '0 10 * * *', x: ['gone'] },
      ],
    };
    expect(calendarsExcluding(rule, christmas, calendars)).toEqual(['holidays']);
  });
});
