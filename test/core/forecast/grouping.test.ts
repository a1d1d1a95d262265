import { describe, expect, test } from 'vitest';
import { approximationsOf, entriesOf, type EntryFacts } from '../../../src/core/forecast/entries.ts';
import { spreadHash } from '../../../src/core/forecast/even_hash.ts';
import { forecast } from '../../../src/core/forecast/forecast.ts';
import { createGrouping, type ScheduleGroup } from '../../../src/core/forecast/groups.ts';
import type { ScheduleRule } from '../../../src/core/schedule.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';

const MONDAY = Date.parse('2026-11-23T00:00:00Z');
const DAY = 24 * 60;
const FACTS: EntryFacts = { timingOf: compileTiming, queueOf: () => 'default', durationOf: () => 1_000 };

const firesOf = (groups: ScheduleGroup[], minutes = DAY): number[] => {
  const entries = groups.flatMap((group) => entriesOf(group, FACTS));
  return [...forecast({ entries, pools: [], from: MONDAY, minutes, busiest: 0 }).fires];
};

describe('schedules that fire alike', () => {
  test('are one group of their job, whatever their payload, tags and catch-up are', () => {
    const grouping = createGrouping();
    grouping.add('mail:a', { c: '0 9 * * *', p: { user: 1 } });
    grouping.add('mail:b', { c: '0 9 * * *', p: { user: 2 }, tg: ['vip'], m: 'all', d: 60_000 });
    grouping.add('mail:c', { c: '0 9 * * *', z: 'Asia/Tokyo' });
    grouping.add('sms:a', { c: '0 9 * * *' });
    expect(grouping.groups().map(({ job, id, count }) => [job, id, count])).toEqual([
      ['mail', 'mail:a', 2],
      ['mail', 'mail:c', 1],
      ['sms', 'sms:a', 1],
    ]);
  });

  test('are apart where a forecast tells a difference', () => {
    const rules: ScheduleRule[] = [
      { c: '0 9 * * *' },
      { c: '0 9 * * *', k: 60_000 },
      { c: '0 9 * * *', r: 60_000 },
      { c: '0 9 * * *', o: 'allow' },
      { c: '0 9 * * *', mr: 3 },
      { c: '0 9 * * *', bl: [[MONDAY, MONDAY + 1]] },
      { c: '0 9 * * *', x: ['holidays'] },
    ];
    const grouping = createGrouping();
    rules.forEach((rule, i) => grouping.add(`mail:${String(i)}`, rule));
    expect(grouping.groups()).toHaveLength(rules.length);
  });

  test('are walked once, however many they are', () => {
    const grouping = createGrouping();
    for (let i = 0; i < 20_000; i += 1) grouping.add(`mail:${String(i)}`, { c: '0 9 * * *', p: i });
    const groups = grouping.groups();
    expect(groups.flatMap((group) => entriesOf(group, FACTS))).toHaveLength(1);
    expect(firesOf(groups)[9 * 60]).toBe(20_000);
  });
});

describe('schedules with H', () => {
  const group = (c: string, count: number): ScheduleGroup => ({ job: 'mail', id: 'mail:a', rule: { c }, count });

  test.each([
    ['H * * * *', '0-59 * * * *', 1 / 60],
    ['H 3 * * *', '0-59 3 * * *', 1 / 60],
    ['H H(0-7) * * *', '0-59 0-7 * * *', 1 / 480],
    ['H/15 * * * *', '0-59 * * * *', 1 / 15],
    ['H(10-19)/5 * * * *', '10-19 * * * *', 1 / 5],
    ['0 0 H * *', '0 0 1-28 * *', 1 / 28],
    ['0 0 * * H', '0 0 * * 0-6', 1 / 7],
    ['H 0 * * * *', '0-59 0 * * * *', 1 / 60],
    ['0 9 * * THU', '0 9 * * THU', 1],
  ])('%s is %s, each time for its share', (text, spread, share) => {
    const found = spreadHash({ c: text });
    expect(found?.rule.c).toBe(spread);
    expect(found?.share).toBeCloseTo(share, 12);
  });

  test.each(['H,30 * * * *', '0 0 * * H#2'])('%s is not told apart so simply', (text) => {
    expect(spreadHash({ c: text })).toBeUndefined();
  });

  test('are spread evenly where there are many of them', () => {
    const fires = firesOf([group('H 3 * * *', 6_000)]);
    expect(fires.slice(180, 240)).toEqual(new Array(60).fill(100));
    expect(fires.reduce((sum, value) => sum + value, 0)).toBe(6_000);
  });

  test('fire as often as all of them do where they are sampled', () => {
    const fires = firesOf([group('H,30 * * * *', 600)], 60).map(Math.round);
    expect(fires[30]).toBe(600);
    const total = fires.reduce((sum, value) => sum + value, 0);
    expect(total).toBeGreaterThan(1_100);
    expect(total).toBeLessThanOrEqual(1_200);
  });

  test('fire at their own minute where there is one', () => {
    const own = compileTiming({ c: 'H * * * *' }, 'mail:a').next(MONDAY - 1) ?? 0;
    const fires = firesOf([group('H * * * *', 1)], 60);
    expect(fires.indexOf(1)).toBe((own - MONDAY) / 60_000);
    expect(fires.filter((value) => value > 0)).toEqual([1]);
  });
});

test('what is taken on average is said, with how many schedules it is', () => {
  const groups: ScheduleGroup[] = [
    { job: 'a', id: 'a:1', rule: { c: 'H * * * *' }, count: 3_000 },
    { job: 'b', id: 'b', rule: { c: '0 * * * *', k: 1 }, count: 1 },
    { job: 'c', id: 'c', rule: { f: 60_000 }, count: 2 },
    { job: 'd', id: 'd', rule: { c: 'H * * * *' }, count: 1 },
  ];
  expect(approximationsOf(groups, ({ rule }) => rule.c?.includes('H') ?? false)).toEqual([
    '1 schedule with jitter or a window, spread evenly over it',
    '3,000 schedules of rules with H, spread evenly over what it may draw',
    '2 schedules with a fixed delay, as if each run took its expected time',
  ]);
});
