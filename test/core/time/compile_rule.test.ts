import { describe, expect, test } from 'vitest';
import type { ScheduleSpec } from '../../../src/core/job.ts';
import type { ScheduleRule } from '../../../src/core/schedule.ts';
import { compileRule } from '../../../src/core/time/compile_rule.ts';
import { offerRrule } from '../../../src/runtime/rrule_package.ts';

offerRrule();

const compile = (spec: unknown, id = 'reports/daily') => compileRule(spec as ScheduleSpec, { id });
const cron = '0 9 * * *';
const ms = (iso: string): number => Date.parse(iso);

describe('a rule', () => {
  test('has its keys in the stored order, whatever the order of the spec', () => {
    const spec: ScheduleSpec = {
      afterLast: 'delete',
      maxRuns: 10,
      pauseOnFailure: 3,
      blackout: [{ cron: '0 22 * * *', for: '8h' }],
      startDeadline: '5m',
      catchUpWindow: '1h',
      catchUp: { rate: '10/1m', max: 5 },
      overlap: 'buffer-one',
      window: '10m',
      jitter: '30s',
      end: '2027-01-01',
      start: '2026-01-01',
      except: 'holidays',
      nth: 2,
      dst: 'cronos',
      timezone: 'Asia/Tokyo',
      cron,
    };
    const rule = compileRule(spec, { id: 'a:1' });
    expect(JSON.stringify(rule)).toBe(
      '{"c":"0 9 * * *","z":"Asia/Tokyo","t":"cronos","n":2,"x":["holidays"],"s":1767193200000,"q":1798729200000,' +
        '"r":30000,"k":600000,"o":"buffer-one","m":5,"h":[10,60000],"w":3600000,"d":300000,' +
        '"bl":[["0 22 * * *",28800000]],"pf":3,"mr":10,"al":"delete"}',
    );
  });

  test.each<[string, ScheduleSpec]>([
    [
      'the defaults written out',
      {
        cron,
        timezone: 'UTC',
        dst: 'vixie',
        nth: 1,
        except: [],
        jitter: 0,
        window: 0,
        overlap: 'skip',
        catchUp: 'latest',
        catchUpWindow: '24h',
        blackout: [],
        afterLast: 'keep',
      },
    ],
    ['the long name of UTC', { cron, timezone: 'Etc/UTC' }],
    ['other white space', { cron: ' 0  9\t* * * ' }],
    ['UTC in front of the text', { cron: 'CRON_TZ=UTC 0 9 * * *' }],
    ['UTC in both places', { cron: 'TZ=Etc/UTC 0 9 * * *', timezone: 'UTC' }],
  ])('is the same with %s', (_, spec) => {
    expect(JSON.stringify(compile(spec))).toBe('{"c":"0 9 * * *"}');
  });

  test.each<[ScheduleSpec, ScheduleRule]>([
    [{ every: '90s' }, { e: 90_000 }],
    [{ every: 90_000 }, { e: 90_000 }],
    [{ cron: '@every 90s' }, { e: 90_000 }],
    [{ every: 'PT1M30S', timezone: 'UTC' }, { e: 90_000 }],
    [
      { every: '1h', anchor: '2026-01-01T00:10:00Z' },
      { e: 3_600_000, g: ms('2026-01-01T00:10:00Z') },
    ],
    [{ every: '1h', anchor: '2026-01-01T00:00:00Z' }, { e: 3_600_000 }],
    [
      { every: '1h', anchor: '2026-01-01T00:10', timezone: 'Asia/Kathmandu' },
      { e: 3_600_000, g: ms('2025-12-31T18:25:00Z'), z: 'Asia/Kathmandu' },
    ],
    [
      { every: '10m', between: '09:00-17:00' },
      { e: 600_000, y: [32_400, 61_200] },
    ],
    [
      { every: '10m', between: ' 00:00:30 - 23:59:59 ', timezone: 'Europe/Berlin', dst: 'quartz' },
      { e: 600_000, y: [30, 86_399], z: 'Europe/Berlin', t: 'quartz' },
    ],
    [{ cron: 'CRON_TZ=Asia/Tokyo 0 9 * * *' }, { c: cron, z: 'Asia/Tokyo' }],
    [
      { cron: 'CRON_TZ=Asia/Tokyo 0 9 * * *', timezone: 'asia/tokyo' },
      { c: cron, z: 'asia/tokyo' },
    ],
    [
      { cron, dst: { gap: 'skip', overlap: 'both', dayMatch: 'and' } },
      { c: cron, t: 'skip both and' },
    ],
    [{ at: '2026-05-01T10:00:00+02:00' }, { a: [ms('2026-05-01T08:00:00Z')] }],
    [
      { at: ['2026-06-01', '2026-05-01', '2026-06-01'], timezone: 'Europe/Berlin' },
      { a: [ms('2026-04-30T22:00:00Z'), ms('2026-05-31T22:00:00Z')], z: 'Europe/Berlin' },
    ],
    [{ repeat: ' r10/2026-01-01t00:00:00+01:00/pt1h ' }, { i: 'R10/2025-12-31T23:00:00Z/PT1H' }],
    [
      { repeat: 'R/2026-01-01/P1M', timezone: 'Europe/Berlin' },
      { i: 'R/2026-01-01/P1M', z: 'Europe/Berlin' },
    ],
    [
      { rrule: 'RRULE:FREQ=DAILY DTSTART:20260101T090000', timezone: 'Europe/Berlin' },
      { l: 'DTSTART;TZID=Europe/Berlin:20260101T090000\nRRULE:FREQ=DAILY', z: 'Europe/Berlin' },
    ],
    [
      { rrule: 'DTSTART;TZID=Asia/Tokyo:20260101T090000\r\nRRULE:freq=daily\r\n' },
      { l: 'DTSTART;TZID=Asia/Tokyo:20260101T090000\nRRULE:FREQ=DAILY', z: 'Asia/Tokyo' },
    ],
    [
      { rrule: 'DTSTART:20260101T090000Z RRULE:FREQ=DAILY;COUNT=9' },
      { l: 'DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=9' },
    ],
    [{ afterCompletion: '5m' }, { f: 300_000 }],
    [
      { afterCompletion: '5m', start: '2026-01-01', overlap: 'allow' },
      { f: 300_000, s: ms('2026-01-01'), o: 'allow' },
    ],
    [{ cron: '@Reboot' }, { c: '@reboot' }],
    [
      { every: '1h', start: '2026-01-01T09:00' },
      { e: 3_600_000, s: ms('2026-01-01T09:00:00Z') },
    ],
    [
      { cron, except: ['bank/holidays', { dates: ['2026-12-25', '2026-01-01', '2026-12-25'], yearly: ['05-01'] }] },
      { c: cron, x: ['bank/holidays', { d: ['2026-01-01', '2026-12-25'], y: ['05-01'] }] },
    ],
    [
      { every: '1h', except: { weekdays: 'sat,sun', cron: ' * 12  * * *' }, timezone: 'Asia/Tokyo' },
      { e: 3_600_000, z: 'Asia/Tokyo', x: [{ w: 'SAT,SUN', c: '* 12 * * *' }] },
    ],
    [
      { cron, catchUp: 'all', catchUpWindow: 0 },
      { c: cron, m: 'all', w: 0 },
    ],
    [
      { cron, catchUp: { max: 'all', rate: '60/1m' } },
      { c: cron, m: 'all' },
    ],
    [
      { cron, blackout: [{ from: '2026-12-24T18:00', to: '2026-12-27' }], timezone: 'Europe/Berlin' },
      { c: cron, z: 'Europe/Berlin', bl: [[ms('2026-12-24T17:00:00Z'), ms('2026-12-26T23:00:00Z')]] },
    ],
  ])('of %j is as stored', (spec, rule) => {
    expect(JSON.stringify(compile(spec))).toBe(JSON.stringify(rule));
  });

  test('takes the zone that the caller offers where it names none and goes by one', () => {
    expect(compileRule({ cron }, { id: 'a', zone: 'Asia/Tokyo' })).toEqual({ c: cron, z: 'Asia/Tokyo' });
    expect(compileRule({ every: '5m' }, { id: 'a', zone: 'Asia/Tokyo' })).toEqual({ e: 300_000 });
    expect(compileRule({ cron, timezone: 'UTC' }, { id: 'a', zone: 'Asia/Tokyo' })).toEqual({ c: cron });
  });

  test('may delete itself where it is a schedule of the API that can end', () => {
    const endings = [
      { at: '2026-01-01' },
      { cron, end: '2027-01-01' },
      { cron, maxRuns: 3 },
      { repeat: 'R3/2026-01-01/P1D' },
      { rrule: 'DTSTART:20260101T000000Z RRULE:FREQ=DAILY;COUNT=3' },
      { anyOf: [{ at: '2026-01-01' }, { cron, end: '2027-01-01' }] },
      { cron: '0 0 9 1 1 * 2030' },
    ];
    for (const spec of endings)
      expect(compile({ ...spec, afterLast: 'delete' }, 'a:1')).toMatchObject({ al: 'delete' });
  });
});

describe('a member of a union', () => {
  test('inherits the zone and the policy, and is complete by itself', () => {
    const spec = {
      anyOf: [{ cron }, { cron, timezone: 'UTC' }, { cron, dst: 'vixie' }, { every: '1h' }],
      timezone: 'Europe/Berlin',
      dst: 'quartz',
    } as const;
    expect(compile(spec)).toEqual({
      u: [
        { c: cron, z: 'Europe/Berlin', t: 'quartz' },
        { c: cron, z: 'UTC', t: 'quartz' },
        { c: cron, z: 'Europe/Berlin', t: 'vixie' },
        { e: 3_600_000 },
      ],
      z: 'Europe/Berlin',
      t: 'quartz',
    });
  });

  test('has bounds and exceptions of its own', () => {
    const member = { cron, start: '2026-01-01', end: '2027-01-01', except: { weekdays: 'SUN' }, nth: 3 };
    expect(compile({ anyOf: [member, { at: '2026-05-01' }] })).toEqual({
      u: [{ c: cron, n: 3, x: [{ w: 'SUN' }], s: ms('2026-01-01'), q: ms('2027-01-01') }, { a: [ms('2026-05-01')] }],
    });
  });
});
