import { describe, expect, test } from 'vitest';
import type { WhenRule } from '../../../src/core/schedule.ts';
import { offerRrule } from '../../../src/runtime/rrule_package.ts';
import { describeTransitions, nextTransitions } from '../../../src/core/time/transitions.ts';
import { openZone } from '../../../src/core/time/zone.ts';

const NOON_OF_2026 = Date.parse('2026-01-01T12:00:00Z');

/** The lines of a rule, from noon of 2026-01-01 where nothing else is said. */
function lines(rule: WhenRule, from = NOON_OF_2026): string[] {
  return describeTransitions(rule, 'seed', from).map(({ text }) => text);
}

describe('the next transitions of a zone', () => {
  test('are told with what the clock shows before and after', () => {
    expect(nextTransitions(openZone('America/New_York'), NOON_OF_2026, 2)).toEqual([
      {
        at: Date.parse('2026-03-08T07:00:00Z'),
        kind: 'gap',
        offsetBefore: -5 * 3_600_000,
        offsetAfter: -4 * 3_600_000,
        localFrom: Date.UTC(2026, 2, 8, 2),
        localTo: Date.UTC(2026, 2, 8, 3),
      },
      {
        at: Date.parse('2026-11-01T06:00:00Z'),
        kind: 'overlap',
        offsetBefore: -4 * 3_600_000,
        offsetAfter: -5 * 3_600_000,
        localFrom: Date.UTC(2026, 10, 1, 2),
        localTo: Date.UTC(2026, 10, 1, 1),
      },
    ]);
  });

  test('come strictly after the instant, one after the other, also where spans of the zone meet', () => {
    const zone = openZone('Europe/Berlin');
    const all = nextTransitions(zone, Date.UTC(2018, 0, 1), 20);
    expect(all.map(({ at }) => new Date(at).getUTCFullYear())).toEqual(
      Array.from({ length: 20 }, (_, index) => 2018 + Math.floor(index / 2)),
    );
    let at = Date.UTC(2018, 0, 1);
    for (const { at: expected } of all) {
      expect(nextTransitions(zone, expected - 1, 1)[0]?.at).toBe(expected);
      at = nextTransitions(zone, at, 1)[0]?.at ?? 0;
      expect(at).toBe(expected);
    }
  });

  test.each(['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/Phoenix'])('are none in %s', (zone) => {
    expect(nextTransitions(openZone(zone), NOON_OF_2026, 2)).toEqual([]);
  });

  test.each([-1e15, 0, Date.UTC(2199, 11, 31), 1e15])('are looked for from any instant: %d', (from) => {
    expect(nextTransitions(openZone('Europe/Paris'), from, 2).length).toBeLessThanOrEqual(2);
  });
});

describe('what a schedule does at them', () => {
  const zone = { z: 'America/New_York' };
  test.each([
    ['30 2 * * *', undefined, '2026-03-08 02:00→03:00 gap: 02:30 fires at 03:00 instead'],
    ['0,30 2 * * *', undefined, '2026-03-08 02:00→03:00 gap: 02:00 and 02:30 fire once instead, at 03:00'],
    ['0 2,3 * * *', undefined, '2026-03-08 02:00→03:00 gap: 02:00 fires together with 03:00, once'],
    ['*/20 * * * *', undefined, '2026-03-08 02:00→03:00 gap: 02:00, 02:20 and 02:40 do not fire'],
    ['* * * * *', undefined, '2026-03-08 02:00→03:00 gap: 02:00, 02:01, 02:02 and 57 more do not fire'],
    ['30 2 * * *', 'quartz', '2026-03-08 02:00→03:00 gap: 02:30 does not fire'],
    ['30 2 * * *', 'shift both', '2026-03-08 02:00→03:00 gap: 02:30 fires at 03:30 instead'],
    ['15,30 2 * * *', 'shift both', '2026-03-08 02:00→03:00 gap: 02:15 and 02:30 fire 1h later'],
    ['15 30 2 * * *', 'shift both', '2026-03-08 02:00→03:00 gap: 02:30:15 fires at 03:30:15 instead'],
    ['0 12 * * *', undefined, '2026-03-08 02:00→03:00 gap: no fire time in it'],
    ['30 2 9 3 *', undefined, '2026-03-08 02:00→03:00 gap: no fire time in it'],
  ])('%s (%s): %s', (c, t, text) => {
    expect(lines({ c, ...zone, ...(t !== undefined && { t }) })[0]).toBe(text);
  });

  test.each([
    ['30 1 * * *', undefined, '2026-11-01 02:00→01:00 overlap: 01:30 fires once, on the first pass'],
    ['0,30 1 * * *', 'quartz', '2026-11-01 02:00→01:00 overlap: 01:00 and 01:30 fire once, on the last pass'],
    ['30 * * * *', undefined, '2026-11-01 02:00→01:00 overlap: 01:30 fires twice'],
    ['0 2 * * *', 'kubernetes', '2026-11-01 02:00→01:00 overlap: no fire time in it'],
  ])('%s (%s): %s', (c, t, text) => {
    expect(lines({ c, ...zone, ...(t !== undefined && { t }) })[1]).toBe(text);
  });

  test('names the date where it is another one', () => {
    expect(lines({ c: '30 23 * * *', z: 'America/Sao_Paulo' }, Date.UTC(2018, 0, 1))).toEqual([
      '2018-02-18 00:00→2018-02-17 23:00 overlap: 2018-02-17 23:30 fires once, on the first pass',
      '2018-11-04 00:00→01:00 gap: no fire time in it',
    ]);
    expect(lines({ c: '0 12 * * *', z: 'Pacific/Apia' }, Date.UTC(2011, 11, 1))[0]).toBe(
      '2011-12-30 00:00→2011-12-31 00:00 gap: 12:00 fires at 2011-12-31 00:00 instead',
    );
  });
});

describe('the lines of a rule', () => {
  test('are those of its members for a union, in order', () => {
    const members = [
      { c: '30 2 * * *', z: 'America/New_York' },
      { c: '30 2 * * *', z: 'Europe/Berlin', t: 'kubernetes' },
    ];
    expect(lines({ u: members })).toEqual([
      '2026-03-08 02:00→03:00 gap: 02:30 fires at 03:00 instead',
      '2026-03-29 02:00→03:00 gap: 02:30 does not fire',
      '2026-10-25 03:00→02:00 overlap: 02:30 fires twice',
      '2026-11-01 02:00→01:00 overlap: no fire time in it',
    ]);
  });

  test.each<[rule: WhenRule, first: string, second: string]>([
    [
      { e: 1_200_000, y: [0, 86_399], z: 'America/New_York' },
      '2026-03-08 02:00→03:00 gap: fires at 01:00, 01:20, 01:40 and 4 more',
      '2026-11-01 02:00→01:00 overlap: fires at 01:00, 01:20, 01:40 and 4 more',
    ],
    [
      { e: 3_600_000, y: [32_400, 61_200], z: 'America/New_York' },
      '2026-03-08 02:00→03:00 gap: no fire time in it',
      '2026-11-01 02:00→01:00 overlap: no fire time in it',
    ],
    [
      { i: 'R/2026-01-01T02:30:00/P1D', z: 'America/New_York', x: ['holidays'] },
      '2026-03-08 02:00→03:00 gap: fires at 03:00',
      '2026-11-01 02:00→01:00 overlap: no fire time in it',
    ],
    [
      { l: 'DTSTART;TZID=America/New_York:20260101T013000\nRRULE:FREQ=DAILY', z: 'America/New_York' },
      '2026-03-08 02:00→03:00 gap: fires at 01:30',
      '2026-11-01 02:00→01:00 overlap: fires at 01:30',
    ],
  ])('of %j list what fires near the change', (rule, first, second) => {
    offerRrule();
    expect(lines(rule)).toEqual([first, second]);
  });

  test('lie between its start and its end', () => {
    const rule = { c: '30 2 * * *', z: 'America/New_York', s: Date.UTC(2026, 5, 1), q: Date.UTC(2027, 0, 1) };
    expect(lines(rule)).toEqual(['2026-11-01 02:00→01:00 overlap: no fire time in it']);
  });

  test.each<WhenRule>([
    { c: '30 2 * * *' },
    { c: '30 2 * * *', z: 'Asia/Kolkata' },
    { c: '@every 90s', z: 'America/New_York' },
    { c: '@reboot', z: 'America/New_York' },
    { e: 90_000 },
    { a: [NOON_OF_2026] },
    { f: 5_000 },
  ])('are none for %j', (rule) => {
    expect(lines(rule)).toEqual([]);
  });
});
