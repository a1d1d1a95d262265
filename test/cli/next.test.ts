import { describe, expect, test } from 'vitest';
import { ask, askJson } from '../support/desk.ts';

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
    expect(out.split('\n')[1]).toBe('Sun  2026-03-29  09:30:00  +02:00  in 19 h 30 min');
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('notes that two day fields are either-or, on standard error', async () => {
    const { out, err } = await ask(['next', '0 0 1 * MON', '-n', '3', '--from', '2026-01-01T00:00:00Z']);
    expect(err).toContain('match either');
    expect(out).toContain('Mon  2026-01-05');
    expect((await ask(['next', '0 0 1 * *', ...from])).err).toBe('');
    expect((await ask(['next', '0 0 */2 * MON', ...from])).err).toBe('');
  });

  test('takes an interval and an alias', async () => {
    const every = await askJson<Next>(['next', '@every 90s', '-n', '1', '--from', '2026-01-01T00:00:00Z']);
    expect(every.next[0]?.at).toBe('2026-01-01T00:01:30.000Z');
    const daily = await askJson<Next>(['next', '@daily', '-n', '1', '--from', '2026-01-01T00:00:00Z']);
    expect(daily.next[0]?.at).toBe('2026-01-02T00:00:00.000Z');
  });

  test.each([
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
