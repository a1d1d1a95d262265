import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { CalendarRule, ScheduleRule } from '../../src/core/schedule.ts';
import { createScheduleCache } from '../../src/scheduler/schedule_cache.ts';

const START = 1_767_225_600_000;
const HOUR = 3_600_000;
const open = () => createScheduleCache(() => undefined);

/** Everything of a compiled schedule but its functions. */
const dataOf = (compiled: object): unknown => JSON.parse(JSON.stringify(compiled));

describe('a cached schedule', () => {
  test.each<[string, ScheduleRule]>([
    ['a plain rule', { c: '17 3 * * *' }],
    [
      'a rule with every policy',
      { c: '17 3 * * *', z: 'Europe/Berlin', r: 5, k: 7, o: 'allow', m: 3, w: 9, d: 8, mr: 4 },
    ],
    ['tags', { c: '17 3 * * *', tg: ['a', ',"p":1'] }],
    ['a payload', { c: '17 3 * * *', p: { text: ',"p":"x","tg":["y"]}' } }],
    ['tags and a payload', { c: '17 3 * * *', tg: ['b'], p: [{ p: 1, tg: [2] }] }],
    ['a payload that is no object', { e: 90_000, p: 'text with "quotes" }' }],
    ['a union', { u: [{ c: '1 * * * *' }, { e: 7_200_000 }] }],
  ])('with %s is the same as one that is compiled alone, the first time and the next', (_, rule) => {
    const [cache, text] = [open(), JSON.stringify(rule)];
    const alone = compileSchedule('job:x', rule);
    for (const compiled of [cache.compiled('job:x', text), cache.compiled('job:x', text)]) {
      expect(dataOf(compiled)).toEqual(dataOf(alone));
      expect(compiled.timing.next(START)).toBe(alone.timing.next(START));
    }
  });

  test('shares what it is made of with others of the rule, and keeps its own job and payload', () => {
    const cache = open();
    const one = cache.compiled('a:1', '{"c":"* * * * *","tg":["x"],"p":1}');
    const two = cache.compiled('b:2', '{"c":"* * * * *","p":{"deep":[2]}}');
    const three = cache.compiled('b:3', '{"c":"* * * * *"}');
    expect(two.timing).toBe(one.timing);
    expect(three.timing).toBe(one.timing);
    expect([one, two, three].map(({ job, payloadJson }) => `${job} ${payloadJson}`)).toEqual([
      'a 1',
      'b {"deep":[2]}',
      'b null',
    ]);
  });

  test('has a place of its own where the rule says H, in blackouts too', () => {
    const cache = open();
    const times = ['a', 'b', 'c', 'd'].map((id) => cache.compiled(id, '{"c":"H H * * *"}').timing.next(START));
    expect(new Set(times).size).toBeGreaterThan(1);
    expect(cache.compiled('a', '{"c":"H H * * *","p":1}').timing.next(START)).toBe(times[0]);
    const rule = '{"c":"* * * * *","bl":[["H H * * *",3600000]]}';
    const blackouts = ['a', 'b', 'c', 'd'].map((id) => {
      const { isBlackedOut } = cache.compiled(id, rule);
      return Array.from({ length: 24 }, (_, hour) => (isBlackedOut(START + hour * HOUR) ? 'x' : '.')).join('');
    });
    expect(new Set(blackouts).size).toBeGreaterThan(1);
  });

  test('reads calendars again when it was cleared, and not before', () => {
    const calendars = new Map<string, CalendarRule>([['off', { d: ['2026-01-02'] }]]);
    const cache = createScheduleCache((name) => calendars.get(name));
    const next = () => cache.compiled('a', '{"c":"0 0 * * *","x":["off"]}').timing.next(START);
    expect(next()).toBe(Date.UTC(2026, 0, 3));
    calendars.set('off', { d: ['2026-01-02', '2026-01-03'] });
    expect(next()).toBe(Date.UTC(2026, 0, 3));
    cache.clear();
    expect(next()).toBe(Date.UTC(2026, 0, 4));
  });

  test.each(['{"c":"61 * * * *"}', '{"c":"* * * * *","p":[1', '{"c":"* * * * *"', '{', ''])(
    'of %s is refused each time',
    (text) => {
      const cache = open();
      cache.compiled('a', '{"c":"* * * * *","p":[1]}');
      for (let i = 0; i < 2; i += 1) expect(() => cache.compiled('a', text)).toThrow(/./);
    },
  );
});
