import { describe, expect, test } from 'vitest';
import type { ScheduleSpec } from '../../../src/core/job.ts';
import { compileRule } from '../../../src/core/time/compile_rule.ts';
import { offerRrule } from '../../../src/runtime/rrule_package.ts';
import { refused } from './refused.ts';

offerRrule();

const compile = (spec: unknown, id = 'reports/daily') => compileRule(spec as ScheduleSpec, { id });
const cron = '0 9 * * *';
const start = '2026-01-01';

type Row = [spec: unknown, code: string, field: string, right: string];

/** Each row: the spec, the code, the key that is named, and a part of the hint. */
const refuses = (rows: Row[]): void => {
  test.each(rows)('%j', (spec, code, field, right) => {
    const error = refused(() => compile(spec));
    expect(error).toMatchObject({ code, field });
    expect(error.message).toContain(field);
    expect(error.hint).toContain(right);
  });
};

describe('a schedule that does not say when, or says it twice, is refused', () => {
  refuses([
    [null, 'BAD_SCHEDULE', 'schedule', 'an object with cron'],
    ['0 9 * * *', 'BAD_SCHEDULE', 'schedule', 'an object with cron'],
    [{}, 'BAD_SCHEDULE', 'schedule', 'exactly one'],
    [{ timezone: 'UTC' }, 'BAD_SCHEDULE', 'schedule', 'exactly one'],
    [{ cron, every: '5m' }, 'BAD_SCHEDULE', 'schedule', 'anyOf'],
    [{ at: start, repeat: 'R/2026-01-01/P1D', rrule: 'x' }, 'BAD_SCHEDULE', 'schedule', 'anyOf'],
    [{ corn: cron }, 'BAD_SCHEDULE', 'schedule.corn', 'did you mean cron?'],
    [{ cron, time_zone: 'UTC' }, 'BAD_SCHEDULE', 'schedule.time_zone', 'did you mean timezone?'],
    [{ cron, banana: 1 }, 'BAD_SCHEDULE', 'schedule.banana', 'schedule takes cron, every'],
    [{ anyOf: [] }, 'BAD_SCHEDULE', 'schedule.anyOf', 'a list of 1 to 50'],
    [{ anyOf: { cron } }, 'BAD_SCHEDULE', 'schedule.anyOf', 'a list of 1 to 50'],
    [{ anyOf: Array.from({ length: 51 }, () => ({ cron })) }, 'BAD_SCHEDULE', 'schedule.anyOf', 'a list of 1 to 50'],
    [{ anyOf: [{ cron }, {}] }, 'BAD_SCHEDULE', 'schedule.anyOf[1]', 'exactly one'],
    [{ anyOf: [cron] }, 'BAD_SCHEDULE', 'schedule.anyOf[0]', 'an object with cron'],
    [{ anyOf: [{ cron, jitter: '1s' }] }, 'BAD_SCHEDULE', 'schedule.anyOf[0].jitter', 'takes cron'],
    [{ anyOf: [{ anyOf: [{ cron }] }] }, 'BAD_SCHEDULE', 'schedule.anyOf[0].anyOf', 'outer anyOf'],
    [{ anyOf: [{ afterCompletion: '5m' }] }, 'BAD_SCHEDULE', 'schedule.anyOf[0].afterCompletion', 'of its own'],
    [{ anyOf: [{ cron: '@reboot' }] }, 'BAD_SCHEDULE', 'schedule.anyOf[0].cron', 'of its own'],
    [{ anyOf: [{ cron: '0 25 * * *' }] }, 'BAD_CRON', 'schedule.anyOf[0].cron', 'hour is 0–23'],
  ]);
});

describe('a value that is wrong by itself is refused', () => {
  refuses([
    [{ cron, timezone: 'Europe/Belin' }, 'BAD_SCHEDULE', 'schedule.timezone', 'did you mean Europe/Berlin?'],
    [{ cron, timezone: '' }, 'BAD_SCHEDULE', 'schedule.timezone', 'IANA'],
    [{ cron, timezone: null }, 'BAD_SCHEDULE', 'schedule.timezone', 'IANA'],
    [{ cron: 'CRON_TZ=Europe/Belin 0 9 * * *' }, 'BAD_SCHEDULE', 'schedule.cron', 'did you mean Europe/Berlin?'],
    [{ cron: '0 25 * * *' }, 'BAD_CRON', 'schedule.cron', 'hour is 0–23'],
    [{ cron: 5 }, 'BAD_CRON', 'schedule.cron', '5 to 7 fields'],
    [{ cron: '' }, 'BAD_CRON', 'schedule.cron', 'minute hour'],
    [{ cron: null }, 'BAD_CRON', 'schedule.cron', '5 to 7 fields'],
    [{ cron: '@every 10ms' }, 'BAD_SCHEDULE', 'schedule.cron', 'at least 1s'],
    [{ cron, dst: 'quarz' }, 'BAD_SCHEDULE', 'schedule.dst', 'did you mean quartz?'],
    [{ cron, dst: { gap: 'jump', overlap: 'both' } }, 'BAD_SCHEDULE', 'schedule.dst.gap', 'transition, shift, skip'],
    [{ every: '500ms' }, 'BAD_SCHEDULE', 'schedule.every', 'at least 1s'],
    [{ every: 'often' }, 'BAD_DURATION', 'schedule.every', '90s'],
    [{ every: null }, 'BAD_DURATION', 'schedule.every', '90s'],
    [{ every: '1h', anchor: 'noon' }, 'BAD_SCHEDULE', 'schedule.anchor', 'ISO 8601'],
    [{ every: '1h', between: '9-17' }, 'BAD_SCHEDULE', 'schedule.between', '09:00-17:00'],
    [{ every: '1h', between: '09:00-24:00' }, 'BAD_SCHEDULE', 'schedule.between', '23:59:59'],
    [{ every: '1h', between: '22:00-06:00' }, 'BAD_SCHEDULE', 'schedule.between', 'anyOf'],
    [{ every: '25h', between: '09:00-17:00' }, 'BAD_SCHEDULE', 'schedule.every', 'at most 24h'],
    [{ at: [] }, 'BAD_SCHEDULE', 'schedule.at', 'at least one'],
    [{ at: '2026-02-29' }, 'BAD_SCHEDULE', 'schedule.at', 'ISO 8601'],
    [{ at: ['2026-01-01', 'soon'] }, 'BAD_SCHEDULE', 'schedule.at[1]', 'ISO 8601'],
    [{ at: '1969-12-31T23:59:59Z' }, 'BAD_SCHEDULE', 'schedule.at', '1970 to 2199'],
    [{ at: new Array(1_001).fill(start) }, 'BAD_SCHEDULE', 'schedule.at', 'at most 1000'],
    [{ repeat: 'every hour' }, 'BAD_SCHEDULE', 'schedule.repeat', 'R10/2026-01-01T00:00:00Z/PT1H'],
    [{ repeat: 'R0/2026-01-01/PT1H' }, 'BAD_SCHEDULE', 'schedule.repeat', 'R1/'],
    [{ repeat: 'R10//PT1H' }, 'BAD_SCHEDULE', 'schedule.repeat', 'first fire time'],
    [{ repeat: 'R/PT1H/2026-01-01' }, 'BAD_SCHEDULE', 'schedule.repeat', 'the start, then'],
    [{ repeat: 'R/2026-01-01/2026-01-02' }, 'BAD_SCHEDULE', 'schedule.repeat', 'the period from one'],
    [{ repeat: 'R/2026-01-01/P' }, 'BAD_SCHEDULE', 'schedule.repeat', 'P1D'],
    [{ repeat: 'R/2026-01-01/PT0.5S' }, 'BAD_SCHEDULE', 'schedule.repeat', 'at least one second'],
    [{ repeat: 'R/2026-13-01/P1D' }, 'BAD_SCHEDULE', 'schedule.repeat', 'ISO 8601'],
    [{ afterCompletion: '10ms' }, 'BAD_SCHEDULE', 'schedule.afterCompletion', 'at least 1s'],
    [{ cron, start: 'now' }, 'BAD_SCHEDULE', 'schedule.start', 'ISO 8601'],
    [{ cron, end: 5 }, 'BAD_SCHEDULE', 'schedule.end', 'ISO 8601'],
    [{ cron, nth: 0, start }, 'BAD_SCHEDULE', 'schedule.nth', 'from 1 to 400'],
    [{ cron, nth: 1.5, start }, 'BAD_SCHEDULE', 'schedule.nth', 'from 1 to 400'],
    [{ cron, nth: 401, start }, 'BAD_SCHEDULE', 'schedule.nth', 'from 1 to 400'],
    [{ cron, except: '' }, 'BAD_SCHEDULE', 'schedule.except', 'name of a calendar'],
    [{ cron, except: ['a b'] }, 'BAD_SCHEDULE', 'schedule.except[0]', 'name of a calendar'],
    [{ cron, except: {} }, 'BAD_SCHEDULE', 'schedule.except', 'dates, yearly, weekdays, cron'],
    [{ cron, except: [{ dates: ['2026-02-30'] }] }, 'BAD_SCHEDULE', 'schedule.except[0].dates[0]', '2026-12-25'],
    [{ cron, except: new Array(51).fill('a') }, 'BAD_SCHEDULE', 'schedule.except', 'at most 50'],
  ]);
});

describe('keys that mean nothing beside each other are refused', () => {
  refuses([
    [{ cron: 'CRON_TZ=Asia/Tokyo 0 9 * * *', timezone: 'UTC' }, 'BAD_SCHEDULE', 'schedule.timezone', 'one of the two'],
    [{ every: '5m', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ cron: '@every 5m', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ cron: '@reboot', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ at: '2026-01-01T00:00:00Z', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ afterCompletion: '5m', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ anyOf: [{ every: '5m' }], timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ every: '5m', dst: 'quartz' }, 'BAD_SCHEDULE', 'schedule.dst', 'leave it out'],
    [{ at: start, dst: 'quartz' }, 'BAD_SCHEDULE', 'schedule.dst', 'leave it out'],
    [{ repeat: 'R/2026-01-01/PT1H', dst: 'quartz' }, 'BAD_SCHEDULE', 'schedule.dst', 'leave it out'],
    [{ cron, between: '09:00-17:00' }, 'BAD_SCHEDULE', 'schedule.between', 'only with every'],
    [{ cron, anchor: start }, 'BAD_SCHEDULE', 'schedule.anchor', 'only with every'],
    [{ at: start, anchor: start }, 'BAD_SCHEDULE', 'schedule.anchor', 'only with every'],
    [{ every: '5m', between: '09:00-17:00', anchor: start }, 'BAD_SCHEDULE', 'schedule.anchor', 'leave it out'],
    [{ cron, nth: 2 }, 'BAD_SCHEDULE', 'schedule.nth', 'give start'],
    [{ afterCompletion: '5m', nth: 2, start }, 'BAD_SCHEDULE', 'schedule.nth', 'leave it out'],
    [{ afterCompletion: '5m', except: 'a' }, 'BAD_SCHEDULE', 'schedule.except', 'blackout'],
    [{ afterCompletion: '5m', end: start }, 'BAD_SCHEDULE', 'schedule.end', 'maxRuns'],
    [{ cron: '@reboot', start }, 'BAD_SCHEDULE', 'schedule.start', '@reboot fires once'],
    [{ cron: '@reboot', except: 'a' }, 'BAD_SCHEDULE', 'schedule.except', '@reboot fires once'],
    [{ cron, start: '2026-01-02', end: '2026-01-01' }, 'BAD_SCHEDULE', 'schedule.end', 'later than start'],
    [{ cron, start, end: start }, 'BAD_SCHEDULE', 'schedule.end', 'later than start'],
    [{ afterCompletion: '5m', catchUp: 'all' }, 'BAD_SCHEDULE', 'schedule.catchUp', 'leave it out'],
    [{ cron: '@reboot', catchUp: 'none' }, 'BAD_SCHEDULE', 'schedule.catchUp', 'leave it out'],
    [{ cron: '@reboot', catchUpWindow: '1h' }, 'BAD_SCHEDULE', 'schedule.catchUpWindow', 'leave it out'],
    [{ afterCompletion: '5m', overlap: 'cancel' }, 'BAD_SCHEDULE', 'schedule.overlap', 'skip or allow'],
    [{ at: start, afterLast: 'delete' }, 'BAD_SCHEDULE', 'schedule.afterLast', 'keep'],
    [{ cron: '*/30 * * * * *', nth: 2, start }, 'BAD_SCHEDULE', 'schedule.nth', 'the longer interval'],
    [{ every: '59s', nth: 2, start }, 'BAD_SCHEDULE', 'schedule.nth', 'the longer interval'],
    [{ every: '10m', between: '00:00-23:59', nth: 2, start }, 'BAD_SCHEDULE', 'schedule.nth', 'the longer interval'],
  ]);
});

describe('a schedule that can be shown never to fire is refused', () => {
  refuses([
    [{ at: '2026-12-25', except: { dates: ['2026-12-25'] } }, 'BAD_SCHEDULE', 'schedule', 'except does not leave out'],
    [{ at: '2026-12-25', end: '2026-12-25' }, 'BAD_SCHEDULE', 'schedule', 'between start and end'],
    [{ at: '2026-12-25', start: '2026-12-26' }, 'BAD_SCHEDULE', 'schedule', 'between start and end'],
    [{ cron, except: { weekdays: 'MON-SUN' } }, 'BAD_SCHEDULE', 'schedule', 'except'],
    [{ cron, except: [{ weekdays: 'MON-FRI' }, { cron: '* 8-10 * * SAT,SUN' }] }, 'BAD_SCHEDULE', 'schedule', 'except'],
    [{ cron: '0 0 9 1 1 * 2030', end: '2029-01-01' }, 'BAD_SCHEDULE', 'schedule', 'between start and end'],
    [{ cron, start: '2026-01-01T10:00', end: '2026-01-02T09:00' }, 'BAD_SCHEDULE', 'schedule', 'between start and end'],
    [{ every: '1d', nth: 2, start, except: { weekdays: 'MON-SUN' } }, 'BAD_SCHEDULE', 'schedule', 'except'],
    [
      { anyOf: [{ cron }, { at: '2026-12-25', except: { yearly: ['12-25'] } }] },
      'BAD_SCHEDULE',
      'schedule.anyOf[1]',
      'except',
    ],
    [{ repeat: 'R3/2026-01-01/P1Y', except: { yearly: ['01-01'] } }, 'BAD_SCHEDULE', 'schedule', 'except'],
  ]);

  test('a calendar that is known by its name only is taken for empty', () => {
    expect(compile({ at: '2026-12-25', except: 'holidays' })).toMatchObject({ x: ['holidays'] });
  });
});

describe('a policy that is wrong is refused', () => {
  refuses([
    [{ cron, jitter: '-1s' }, 'BAD_DURATION', 'schedule.jitter', '90s'],
    [{ cron, window: 'wide' }, 'BAD_DURATION', 'schedule.window', '90s'],
    [{ cron, overlap: 'alow' }, 'BAD_SCHEDULE', 'schedule.overlap', 'did you mean allow?'],
    [{ cron, overlap: true }, 'BAD_SCHEDULE', 'schedule.overlap', 'skip, allow'],
    [{ cron, catchUp: 'everything' }, 'BAD_SCHEDULE', 'schedule.catchUp', 'latest, none'],
    [{ cron, catchUp: { max: 0 } }, 'BAD_SCHEDULE', 'schedule.catchUp.max', 'at least 1'],
    [{ cron, catchUp: {} }, 'BAD_SCHEDULE', 'schedule.catchUp.max', '"all"'],
    [{ cron, catchUp: { max: 3, rate: 'fast' } }, 'BAD_SCHEDULE', 'schedule.catchUp.rate', '20/1s'],
    [{ cron, catchUp: { most: 3 } }, 'BAD_SCHEDULE', 'schedule.catchUp.most', 'max, rate'],
    [{ cron, catchUpWindow: 'long' }, 'BAD_DURATION', 'schedule.catchUpWindow', '90s'],
    [{ cron, startDeadline: 0 }, 'BAD_SCHEDULE', 'schedule.startDeadline', 'leave it out'],
    [{ cron, pauseOnFailure: 0 }, 'BAD_SCHEDULE', 'schedule.pauseOnFailure', 'at least 1'],
    [{ cron, maxRuns: 2.5 }, 'BAD_SCHEDULE', 'schedule.maxRuns', 'at least 1'],
    [{ cron, afterLast: 'forget' }, 'BAD_SCHEDULE', 'schedule.afterLast', 'keep, delete'],
    [{ cron, blackout: 'nights' }, 'BAD_SCHEDULE', 'schedule.blackout', 'a list'],
    [{ cron, blackout: [{ from: start }] }, 'BAD_SCHEDULE', 'schedule.blackout[0]', 'either from and to'],
    [{ cron, blackout: [{ from: start, to: start }] }, 'BAD_SCHEDULE', 'schedule.blackout[0].to', 'later than from'],
    [{ cron, blackout: [{ cron: '0 22 * * *' }] }, 'BAD_SCHEDULE', 'schedule.blackout[0]', 'either from and to'],
    [{ cron, blackout: [{ cron: '0 25 * * *', for: '1h' }] }, 'BAD_CRON', 'schedule.blackout[0].cron', 'hour is 0–23'],
    [{ cron, blackout: [{ cron, for: 0 }] }, 'BAD_SCHEDULE', 'schedule.blackout[0].for', 'how long'],
    [
      { cron, blackout: [{ cron: 'TZ=Asia/Tokyo 0 9 * * *', for: '1h' }] },
      'BAD_CRON',
      'schedule.blackout[0].cron',
      'zone',
    ],
  ]);

  test.each([
    [{ cron }],
    [{ repeat: 'R/2026-01-01/P1D' }],
    [{ rrule: 'DTSTART:20260101T000000Z RRULE:FREQ=DAILY' }],
    [{ anyOf: [{ cron }, { at: start }] }],
  ])('a schedule of the API that has no last run cannot delete itself after it: %j', (spec) => {
    const error = refused(() => compile({ ...spec, afterLast: 'delete' }, 'a:1'));
    expect(error).toMatchObject({ code: 'BAD_SCHEDULE', field: 'schedule.afterLast' });
  });
});

test('the spec is named as the caller says', () => {
  expect(refused(() => compileRule({ cron: '' }, { id: 'a', field: 'body' })).field).toBe('body.cron');
});
