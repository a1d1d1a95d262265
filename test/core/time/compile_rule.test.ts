import { describe, expect, test } from 'vitest';
import type { ScheduleSpec } from '../../../src/core/job.ts';
import { compileRule } from '../../../src/core/time/compile_rule.ts';
import { refused } from './refused.ts';

const compile = (spec: unknown) => compileRule(spec as ScheduleSpec, { id: 'reports/daily' });
const cron = '0 9 * * *';

describe('a rule', () => {
  test('has its keys in the stored order, whatever the order of the spec', () => {
    const spec = {
      startDeadline: '5m',
      catchUpWindow: '1h',
      catchUp: 'none',
      overlap: 'allow',
      jitter: '30s',
      timezone: 'Asia/Tokyo',
      cron,
    } as const;
    const rule = compileRule(spec, { id: 'a', payload: { region: 'apac' } });
    expect(JSON.stringify(rule)).toBe(
      '{"c":"0 9 * * *","z":"Asia/Tokyo","r":30000,"o":"allow","m":"none","w":3600000,"d":300000,"p":{"region":"apac"}}',
    );
  });

  test.each<[string, ScheduleSpec]>([
    [
      'the defaults written out',
      { cron, timezone: 'UTC', jitter: 0, overlap: 'skip', catchUp: 'latest', catchUpWindow: '24h' },
    ],
    ['the long name of UTC', { cron, timezone: 'Etc/UTC' }],
    ['other white space', { cron: ' 0  9\t* * * ' }],
  ])('is the same with %s', (_, spec) => {
    expect(JSON.stringify(compile(spec))).toBe('{"c":"0 9 * * *"}');
  });

  test('leaves out a payload of null', () => {
    expect(compileRule({ every: '90s' }, { id: 'a', payload: null })).toEqual({ e: 90_000 });
  });

  test.each<ScheduleSpec>([
    { every: '90s' },
    { every: 90_000 },
    { cron: '@every 90s' },
    { every: 'PT1M30S', timezone: 'UTC' },
  ])('is an interval for %j', (spec) => {
    expect(compile(spec)).toEqual({ e: 90_000 });
  });

  test('keeps a window of 0, which differs from the default', () => {
    expect(compile({ cron, catchUpWindow: 0 })).toEqual({ c: cron, w: 0 });
  });
});

describe('a schedule that is refused', () => {
  test.each([
    [null, 'BAD_SCHEDULE', 'schedule', 'an object with cron'],
    ['0 9 * * *', 'BAD_SCHEDULE', 'schedule', 'an object with cron'],
    [{}, 'BAD_SCHEDULE', 'schedule', 'exactly one'],
    [{ cron, every: '5m' }, 'BAD_SCHEDULE', 'schedule', 'exactly one'],
    [{ corn: cron }, 'BAD_SCHEDULE', 'schedule.corn', 'did you mean cron?'],
    [{ cron, time_zone: 'UTC' }, 'BAD_SCHEDULE', 'schedule.time_zone', 'did you mean timezone?'],
    [{ cron, banana: 1 }, 'BAD_SCHEDULE', 'schedule.banana', 'schedule takes cron, every'],
    [{ cron, timezone: 'Europe/Belin' }, 'BAD_SCHEDULE', 'schedule.timezone', 'did you mean Europe/Berlin?'],
    [{ cron, timezone: '' }, 'BAD_SCHEDULE', 'schedule.timezone', 'IANA'],
    [{ cron, timezone: null }, 'BAD_SCHEDULE', 'schedule.timezone', 'IANA'],
    [{ cron: '0 25 * * *' }, 'BAD_CRON', 'schedule.cron', 'hour is 0–23'],
    [{ cron: 5 }, 'BAD_CRON', 'schedule.cron', '5 to 7 fields'],
    [{ cron: '' }, 'BAD_CRON', 'schedule.cron', 'minute hour day-of-month'],
    [{ cron: null }, 'BAD_CRON', 'schedule.cron', '5 to 7 fields'],
    [{ every: '500ms' }, 'BAD_SCHEDULE', 'schedule.every', 'at least 1s'],
    [{ every: 'often' }, 'BAD_DURATION', 'schedule.every', '90s'],
    [{ cron: '@every 10ms' }, 'BAD_SCHEDULE', 'schedule.cron', 'at least 1s'],
    [{ every: '5m', timezone: 'Asia/Tokyo' }, 'BAD_SCHEDULE', 'schedule.timezone', 'leave it out'],
    [{ cron, jitter: '-1s' }, 'BAD_DURATION', 'schedule.jitter', '90s'],
    [{ cron, overlap: 'alow' }, 'BAD_SCHEDULE', 'schedule.overlap', 'did you mean allow?'],
    [{ cron, overlap: true }, 'BAD_SCHEDULE', 'schedule.overlap', 'skip, allow'],
    [{ cron, catchUp: 'all' }, 'BAD_SCHEDULE', 'schedule.catchUp', 'latest, none'],
    [{ cron, catchUpWindow: 'long' }, 'BAD_DURATION', 'schedule.catchUpWindow', '90s'],
    [{ cron, startDeadline: 0 }, 'BAD_SCHEDULE', 'schedule.startDeadline', 'leave it out'],
  ])('%j', (spec, code, field, right) => {
    const error = refused(() => compile(spec));
    expect(error).toMatchObject({ code, field });
    expect(error.message).toContain(field);
    expect(error.hint).toContain(right);
  });

  test('is named as the caller says', () => {
    expect(refused(() => compileRule({ cron: '' }, { id: 'a', field: 'body' })).field).toBe('body.cron');
  });
});
