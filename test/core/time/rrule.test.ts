import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { RRuleTemporal } from 'rrule-temporal';
import { afterAll, describe, expect, test } from 'vitest';
import { nextFireTimes, previousFireTime } from '../../../src/core/time/fire_times.ts';
import { installRrule, rruleTiming } from '../../../src/core/time/rrule.ts';
import { prepareRrule } from '../../../src/core/time/rrule_text.ts';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { offerRrule } from '../../../src/runtime/rrule_package.ts';
import { expectFires, timingOf } from './fire_table.ts';
import { refused } from './refused.ts';
import { assertLaws, hardZones, instants, walk } from './timing_laws.ts';

offerRrule();
afterAll(offerRrule);

const ms = (iso: string): number => Date.parse(iso);

describe('a recurrence', () => {
  test.each<[string, string | undefined, string]>([
    [
      'DTSTART;TZID=Europe/Berlin:20260101T090000 RRULE:FREQ=MONTHLY;BYDAY=-1FR',
      undefined,
      '2026-03-27T08:00 2026-04-24T07:00 2026-05-29T07:00',
    ],
    [
      'DTSTART:20260101T090000 RRULE:FREQ=DAILY',
      'America/New_York',
      '2026-03-01T14:00 2026-03-02T14:00 2026-03-03T14:00',
    ],
    ['DTSTART:20260101T090000 RRULE:FREQ=DAILY', undefined, '2026-03-01T09:00 2026-03-02T09:00 2026-03-03T09:00'],
    ['DTSTART:20260227T090000Z RRULE:FREQ=DAILY;COUNT=4', undefined, '2026-03-01T09:00 2026-03-02T09:00 never'],
    [
      'DTSTART:20260101T090000Z RRULE:FREQ=DAILY;UNTIL=20260302T090000Z',
      undefined,
      '2026-03-01T09:00 2026-03-02T09:00 never',
    ],
    [
      'DTSTART:20260101T090000Z RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=MO',
      undefined,
      '2026-03-09T09:00 2026-03-12T09:00 2026-03-23T09:00',
    ],
    [
      'DTSTART:20260101T090000Z RRULE:FREQ=DAILY EXDATE:20260302T090000Z RDATE:20260302T120000Z',
      undefined,
      '2026-03-01T09:00 2026-03-02T12:00 2026-03-03T09:00',
    ],
    [
      'DTSTART;VALUE=DATE:20260101 RRULE:FREQ=MONTHLY',
      'Asia/Tokyo',
      '2026-03-31T15:00 2026-04-30T15:00 2026-05-31T15:00',
    ],
    ['DTSTART:20260131T090000Z RRULE:FREQ=MONTHLY', undefined, '2026-03-31T09:00 2026-05-31T09:00 2026-07-31T09:00'],
    [
      'DTSTART;TZID=Europe/Berlin:20260327T023000 RRULE:FREQ=DAILY',
      undefined,
      '2026-03-27T01:30 2026-03-28T01:30 2026-03-30T00:30',
    ],
  ])('%s in %s', (rrule, timezone, fires) => {
    expectFires(timingOf({ rrule, ...(timezone !== undefined && { timezone }) }), '2026-03-01', { fires });
  });

  test('is asked backwards too', () => {
    const rrule = 'DTSTART:20260101T090000Z RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15';
    expect(previousFireTime({ rrule }, { from: ms('2026-03-01') })).toBe(ms('2026-02-15T09:00:00Z'));
    expect(previousFireTime({ rrule }, { from: ms('2026-01-01T09:00:00Z') })).toBeUndefined();
  });

  test('is joined with exceptions, bounds and counting like any other', () => {
    const rrule = 'DTSTART:20260101T090000Z RRULE:FREQ=DAILY';
    const spec = { rrule, except: { weekdays: 'SAT,SUN' }, start: '2026-01-01', end: '2026-01-12', nth: 3 };
    expectFires(timingOf(spec), '1970-01-01/2200-01-01', { fires: '2026-01-01T09:00 2026-01-07T09:00' });
  });

  test.each<[string, string]>([
    ['', 'DTSTART'],
    ['FREQ=DAILY', 'DTSTART'],
    ['RRULE:FREQ=DAILY', 'DTSTART'],
    ['DTSTART:20260101T000000Z', 'RRULE'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY RRULE:FREQ=HOURLY', 'one DTSTART and one RRULE'],
    ['DTSTART:20260101T000000Z EXRULE:FREQ=DAILY', 'EXDATE and RDATE'],
    ['DTSTART:tomorrow RRULE:FREQ=DAILY', '20260105T090000'],
    ['DTSTART:20260101T000000Z,20260102T000000Z RRULE:FREQ=DAILY', '20260105T090000'],
    ['DTSTART;TZID=Mars/Base:20260101T000000 RRULE:FREQ=DAILY', 'IANA'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=SOMETIMES', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:INTERVAL=2', 'how often'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;FOO=1', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;BYHOUR=25', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;INTERVAL=0', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=MONTHLY;BYMONTHDAY=0', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=MONTHLY;BYMONTHDAY=32', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=MONTHLY;BYDAY=XX', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;COUNT=x', 'RFC 5545 parts'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;FREQ=DAILY', 'each part once'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z', 'one of the two'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=DAILY EXDATE:20260102T000000Z,20260103T000000', 'all of them in UTC'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'come true'],
    ['DTSTART:20260101T000000Z RRULE:FREQ=MINUTELY;COUNT=1000000', 'UNTIL'],
    [`DTSTART:20260101T000000Z RRULE:FREQ=DAILY EXDATE:${'20260102T000000Z,'.repeat(300)}`, 'at most 4000'],
  ])('%s is refused', (rrule, right) => {
    const error = refused(() => nextFireTimes({ rrule }, { from: 0 }));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'schedule.rrule' });
    expect(error.hint).toContain(right);
  });

  test('names its zone in one place', () => {
    const rrule = 'DTSTART;TZID=Asia/Tokyo:20260101T090000 RRULE:FREQ=DAILY';
    expect(refused(() => nextFireTimes({ rrule, timezone: 'UTC' }, { from: 0 }))).toMatchObject({
      field: 'schedule.timezone',
    });
  });

  test('is brought into one shape', () => {
    const texts = [
      'DTSTART;TZID=Asia/Tokyo:20260101T090000\nRRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Tokyo:20260102T090000',
      'exdate:20260102t090000 rrule:freq=daily  dtstart:20260101t090000',
    ];
    const shapes = texts.map((text) => prepareRrule(text, 'Asia/Tokyo', 'rrule'));
    expect(shapes).toEqual([texts[0], texts[0]]);
  });
});

test('without the package a rule with rrule is refused, and says what to install', () => {
  installRrule(() => undefined);
  const rrule = 'DTSTART:20260101T090000Z RRULE:FREQ=DAILY';
  const error = refused(() => nextFireTimes({ rrule }, { from: 0 }));
  offerRrule();
  expect(error.code).toBe('BAD_SCHEDULE');
  expect(error.message).toContain('needs the package rrule-temporal');
  expect(error.hint).toBe('npm install rrule-temporal temporal-polyfill');
});

test('a walk asks the reader rarely: fire times are read in blocks', () => {
  let asked = 0;
  const every = 60_000;
  const count = <Answer>(answer: Answer): Answer => {
    asked++;
    return answer;
  };
  const timing = rruleTiming({
    next: (after) => count((Math.floor(after / every) + 1) * every),
    previous: (before) => count((Math.ceil(before / every) - 1) * every),
    between: (from, to) =>
      count(walk((at) => (Math.floor(at / every) + 1) * every, from - 1, { count: (to - from) / every + 1 })),
  });
  expect(walk(timing.next, 1e12, { count: 5_000 })).toHaveLength(5_000);
  expect(asked).toBeLessThan(1_000);
  asked = 0;
  expect(walk(timing.previous, 1e12, { count: 5_000 })).toHaveLength(5_000);
  expect(asked).toBeLessThan(1_000);
});

test('a reader that gives up ends the fire times there', () => {
  const fail = (): never => {
    throw new Error('too far');
  };
  const timing = rruleTiming({ next: fail, previous: fail, between: fail });
  expect([timing.next(0), timing.previous(1e12)]).toEqual([undefined, undefined]);
  const partly = rruleTiming({ next: (after) => (after < 5_000 ? 5_000 : fail()), previous: fail, between: fail });
  expect([partly.next(0), partly.next(5_000)]).toEqual([5_000, undefined]);
});

const rules = fc.constantFrom(
  'FREQ=DAILY',
  'FREQ=WEEKLY;BYDAY=MO,WE,SU',
  'FREQ=MONTHLY;BYMONTHDAY=31,1',
  'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=2,3;BYMINUTE=0,30',
  'FREQ=HOURLY;INTERVAL=7',
  'FREQ=MINUTELY;INTERVAL=17;BYHOUR=2',
  'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
  'FREQ=DAILY;COUNT=40',
);

test('the laws of time hold, and the fire times are those of the engine', () => {
  const property = fc.property(rules, hardZones, instants, instants, (rule, zone, start, at) => {
    const date = new Date(start).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
    const text = `DTSTART;TZID=${zone}:${date}\nRRULE:${rule}`;
    const timing = compileTiming({ l: text, z: zone }, '');
    assertLaws(timing, at);
    const engine = new RRuleTemporal({ rruleString: text });
    expect(timing.next(at)).toBe(engine.next(new Date(at))?.epochMilliseconds);
    expect(timing.previous(at)).toBe(engine.previous(new Date(at))?.epochMilliseconds);
  });
  fc.assert(property, { numRuns: 60 });
});

test('the packages that read recurrences are optional peers, of the versions that are tested', async () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { devDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    await readFile(file, 'utf8'),
  ) as Record<'devDependencies' | 'peerDependencies' | 'peerDependenciesMeta', Record<string, unknown>>;
  for (const name of ['rrule-temporal', 'temporal-polyfill']) {
    expect(peerDependencies[name]).toBe(`^${String(devDependencies[name])}`);
    expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  }
});
