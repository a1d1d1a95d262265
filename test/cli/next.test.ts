import { describe, expect, test } from 'vitest';
import { offerRrule } from '../../src/runtime/rrule_package.ts';
import { ask, askJson } from '../support/desk.ts';

offerRrule();

type Next = { next: { at: string; local: string }[] };
type Failure = { error: { code: string; message: string; hint: string; field: string } };

const from = ['--from', '2026-03-28T12:00:00Z'];

describe('belfry next', () => {
  test('answers fire times in UTC and on the wall clock of the zone, over a change of the clock', async () => {
    const { next } = await askJson<Next>(['next', '30 9 * * *', '--tz', 'Europe/Berlin', '-n', '2', ...from]);
    expect(next).toEqual([
      { at: '2026-03-29T07:30:00.000Z', local: '2026-03-29T09:30:00+02:00' },
      { at: '2026-03-30T07:30:00.000Z', local: '2026-03-30T09:30:00+02:00' },
    ]);
    const [before] = (
      await askJson<Next>(['next', '30 9 * * *', '--tz', 'Europe/Berlin', '-n', '1', '--from', '2026-03-28'])
    ).next;
    expect(before).toEqual({ at: '2026-03-28T08:30:00.000Z', local: '2026-03-28T09:30:00+01:00' });
  });

  test('answers five times in UTC from now on when nothing else is asked', async () => {
    const now = Date.parse('2026-01-31T23:59:30Z');
    const { next } = await askJson<Next>(['next', '* * * * *'], { now });
    expect(next.map(({ at }) => at)).toEqual([
      '2026-02-01T00:00:00.000Z',
      '2026-02-01T00:01:00.000Z',
      '2026-02-01T00:02:00.000Z',
      '2026-02-01T00:03:00.000Z',
      '2026-02-01T00:04:00.000Z',
    ]);
    expect(next[0]?.local).toBe('2026-02-01T00:00:00+00:00');
  });

  test('shows people the weekday, the offset and how far away it is', async () => {
    const now = Date.parse('2026-03-28T12:00:00Z');
    const { out, err, code } = await ask(['next', '30 9 * * *', '--tz', 'Europe/Berlin', '-n', '1'], { now });
    expect(out.split('\n')[1]).toBe(
      'Sun  2026-03-29  09:30:00  +02:00  in 19 h 30 min  clock goes forward, 02:00 to 03:00',
    );
    expect(err).toBe('At 09:30, Europe/Berlin time\n');
    expect(code).toBe(0);
  });

  test('marks the days on which the clock changes, and no others', async () => {
    const words = ['next', '0 */12 * * *', '--tz', 'Europe/Berlin', '-n', '5', '--from', '2026-10-24T09:00:00Z'];
    const { out } = await ask(words, { now: Date.parse('2026-10-24T09:00:00Z') });
    const marks = out.split('\n').map((line) => line.includes('clock goes back, 03:00 to 02:00'));
    expect(marks).toEqual([false, false, true, true, false, false, false]);
  });

  test('notes that two day fields are either-or, on standard error', async () => {
    const { out, err } = await ask(['next', '0 0 1 * MON', '-n', '3', '--from', '2026-01-01T00:00:00Z']);
    expect(err).toContain('match either');
    expect(out).toContain('Mon  2026-01-05');
    for (const other of ['0 0 1 * *', '0 0 */2 * MON'])
      expect((await ask(['next', other, ...from])).err).not.toContain('note');
    expect((await ask(['next', '0 0 1 * MON', '--dst', 'cronos', ...from])).err).not.toContain('note');
  });

  test('takes an interval and an alias', async () => {
    const every = await askJson<Next>(['next', '@every 90s', '-n', '1', '--from', '2026-01-01T00:00:00Z']);
    expect(every.next[0]?.at).toBe('2026-01-01T00:01:30.000Z');
    const daily = await askJson<Next>(['next', '@daily', '-n', '1', '--from', '2026-01-01T00:00:00Z']);
    expect(daily.next[0]?.at).toBe('2026-01-02T00:00:00.000Z');
  });

  test.each<[string[], string[]]>([
    [
      ['--every', '6h'],
      ['2026-03-28T18:00', '2026-03-29T00:00'],
    ],
    [
      ['--every', '6h', '--anchor', '2026-01-01T01:00:00Z'],
      ['2026-03-28T13:00', '2026-03-28T19:00'],
    ],
    [
      ['--every', '6h', '--between', '09:00-17:00', '--tz', 'Asia/Tokyo'],
      ['2026-03-29T00:00', '2026-03-29T06:00'],
    ],
    [
      ['--at', '2026-05-01', '--at', '2026-04-01T09:00'],
      ['2026-04-01T09:00', '2026-05-01T00:00'],
    ],
    [['--at', '2026-05-01', '--tz', 'Europe/Berlin'], ['2026-04-30T22:00']],
    [
      ['--repeat', 'R2/2026-05-01T00:00:00Z/PT1H'],
      ['2026-05-01T00:00', '2026-05-01T01:00'],
    ],
    [
      ['--rrule', 'DTSTART:20260105T090000Z RRULE:FREQ=WEEKLY'],
      ['2026-03-30T09:00', '2026-04-06T09:00'],
    ],
    [['CRON_TZ=Asia/Tokyo 0 9 * * *'], ['2026-03-29T00:00', '2026-03-30T00:00']],
    [
      ['0 9 * * *', '--nth', '3', '--start', '2026-03-27'],
      ['2026-03-30T09:00', '2026-04-02T09:00'],
    ],
    [['0 9 * * *', '--end', '2026-03-30'], ['2026-03-29T09:00']],
    [
      ['0 9 * * *', '--except-date', '2026-03-29', '--except-date', '2026-03-30'],
      ['2026-03-31T09:00', '2026-04-01T09:00'],
    ],
    [
      ['0 9 * * *', '--except-weekdays', 'SAT,SUN'],
      ['2026-03-30T09:00', '2026-03-31T09:00'],
    ],
    [
      ['0 * * * *', '--except-cron', '* 8-23 * * *'],
      ['2026-03-29T00:00', '2026-03-29T01:00'],
    ],
    [
      ['30 2 * * *', '--tz', 'Europe/Berlin', '--dst', 'kubernetes'],
      ['2026-03-30T00:30', '2026-03-31T00:30'],
    ],
    [
      ['30 2 * * *', '--tz', 'Europe/Berlin', '--dst', 'shift,first'],
      ['2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    [
      ['30 2 13 * 5', '--dst', 'vixie,and'],
      ['2026-11-13T02:30', '2027-08-13T02:30'],
    ],
    [['@reboot'], []],
  ])('answers for %j', async (words, expected) => {
    const { next } = await askJson<Next>(['next', ...words, '-n', '2', ...from]);
    expect(next.map(({ at }) => at.slice(0, 16))).toEqual(expected);
  });

  test('shows times on the clock of the zone that the text names, or that is asked for', async () => {
    const named = await askJson<Next>(['next', 'CRON_TZ=Asia/Tokyo 0 9 * * *', '-n', '1', ...from]);
    expect(named.next[0]?.local).toBe('2026-03-29T09:00:00+09:00');
    const asked = await askJson<Next>(['next', '@every 6h', '--tz', 'Asia/Tokyo', '-n', '1', ...from]);
    expect(asked.next[0]?.local).toBe('2026-03-29T03:00:00+09:00');
  });

  test('says in words what is asked, and what has no fire times', async () => {
    const reboot = await ask(['next', '@reboot', ...from]);
    expect(reboot.out).toBe('once, when a deployment is registered\n');
    const over = await ask(['next', '--at', '2020-01-01', ...from]);
    expect(over.out).toBe('never again\n');
    expect(over.err).toContain('2020-01-01');
  });

  test.each([
    { words: ['next'], code: 'BAD_USAGE', says: 'nothing says when' },
    { words: ['next', '* * * * *', '--every', '5m'], code: 'BAD_SCHEDULE', says: 'cron and every' },
    { words: ['next', '--every', 'often'], code: 'BAD_DURATION', says: '--every' },
    { words: ['next', '--at', 'soon'], code: 'BAD_SCHEDULE', says: '--at' },
    { words: ['next', '* * * * *', '--dst', 'quarz'], code: 'BAD_SCHEDULE', says: '--dst' },
    { words: ['next', '* * * * *', '--dst', 'jump,both'], code: 'BAD_SCHEDULE', says: '--dst' },
    { words: ['next', '* * * * *', '--except-date', '2026-02-30'], code: 'BAD_SCHEDULE', says: '--except-date' },
    { words: ['next', '* * * * *', '--nth', '2'], code: 'BAD_SCHEDULE', says: '--nth' },
    { words: ['next', '* * * * *', '--nth', 'two'], code: 'BAD_USAGE', says: '--nth' },
    { words: ['next', 'CRON_TZ=Mars/Base * * * * *'], code: 'BAD_SCHEDULE', says: 'Mars/Base' },
    { words: ['next', '61 * * * *'], code: 'BAD_CRON', says: '61' },
    { words: ['next', '* * * * *', '--tz', 'Europe/Berlni'], code: 'BAD_SCHEDULE', says: 'Berlni' },
    { words: ['next', '* * * * *', '--from', 'yesterday'], code: 'BAD_USAGE', says: '--from' },
    { words: ['next', '* * * * *', '--from', '2026-01-01T00:00'], code: 'BAD_USAGE', says: '--from' },
    { words: ['next', '* * * * *', '-n', '0'], code: 'BAD_USAGE', says: '--count' },
    { words: ['next', '* * * * *', '-n', 'many'], code: 'BAD_USAGE', says: '--count' },
  ])('refuses $words with exit 2 and a hint', async ({ words, code, says }) => {
    const text = await ask(words);
    expect(text.code).toBe(2);
    expect(text.err).toContain('error: ');
    expect(text.err).toContain(says);
    expect(text.err).toContain('hint: ');
    expect(text.err).not.toMatch(/\n\s+at /);
    const json = await ask([...words, '--json']);
    expect(json.code).toBe(2);
    expect((JSON.parse(json.out) as Failure).error).toMatchObject({ code, hint: expect.any(String) as string });
  });
});
