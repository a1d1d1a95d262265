import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/core/time/cron.ts';
import { refused } from './refused.ts';

const parse = (text: string) => () => parseCron(text, { seed: 'a', field: 'schedule.cron' });

describe('an expression that is refused', () => {
  // Expression, the field it names, the column it points at, and a word of what would be right.
  test.each([
    ['61 * * * *', 'minute', 1, 'minute is 0–59'],
    ['* 24 * * *', 'hour', 3, 'hour is 0–23'],
    ['0 0 0 * *', 'day-of-month', 5, 'day-of-month is 1–31'],
    ['0 0 * 13 *', 'month', 7, 'month is 1–12 or JAN–DEC'],
    ['0 0 * * 8', 'day-of-week', 9, '0 and 7 are both Sunday'],
    ['60 0 0 * * *', 'second', 1, 'second is 0–59'],
    ['  5,61 * * * *', 'minute', 5, 'minute is 0–59'],
    ['0 0 1,2,32 * *', 'day-of-month', 9, 'day-of-month is 1–31'],
    ['*/61 * * * *', 'minute', 1, 'a step from 1 to 60'],
    ['*/0 * * * *', 'minute', 1, 'a step from 1 to 60'],
    ['0 */25 * * *', 'hour', 3, 'a step from 1 to 24'],
    ['0 0 * * */8', 'day-of-week', 9, 'a step from 1 to 7'],
    ['10-14/6 * * * *', 'minute', 1, 'a step from 1 to 5'],
    ['H(0-5)/7 * * * *', 'minute', 1, 'a step from 1 to 6'],
    ['0 22-2 * * *', 'hour', 3, '22-23,0-2'],
    ['0 0 * * FRI-SUN', 'day-of-week', 9, '5-7,0-0'],
    ['0 H(9-3) * * *', 'hour', 3, '9-23,0-3'],
    ['1,,2 * * * *', 'minute', 3, 'one comma'],
    [', * * * *', 'minute', 1, 'one comma'],
    ['0 0 * * MNO', 'day-of-week', 9, 'did you mean MON?'],
    ['0 0 * SEPT *', 'month', 7, 'did you mean SEP?'],
    ['JAN * * * *', 'minute', 1, 'minute is 0–59'],
    ['? * * * *', 'minute', 1, 'for the two day fields'],
    ['0 0 ?,1 * *', 'day-of-month', 5, '? stands alone'],
    ['0 0 15W * *', 'day-of-month', 5, 'W (nearest weekday) is not supported'],
    ['0 0 LW * *', 'day-of-month', 5, 'W (nearest weekday) is not supported'],
    ['0 0 L-3 * *', 'day-of-month', 5, 'not supported'],
    ['0 L * * *', 'hour', 3, 'two day fields'],
    ['0 0 * * L', 'day-of-week', 9, '5L is the last Friday'],
    ['0 0 * * 5#6', 'day-of-week', 9, 'from 1 to 5'],
    ['0 0 * * 1-5#2', 'day-of-week', 9, 'FRI#2'],
    ['0 0 1#2 * *', 'day-of-month', 5, 'FRI#2'],
    ['0~30 * * * *', 'minute', 1, 'H(0-30)'],
    ['H5 * * * *', 'minute', 1, 'minute is 0–59'],
    ['5-H * * * *', 'minute', 1, 'minute is 0–59'],
    ['1.5 * * * *', 'minute', 1, 'minute is 0–59'],
    ['-1 * * * *', 'minute', 1, 'minute is 0–59'],
    ['1e1 * * * *', 'minute', 1, 'minute is 0–59'],
  ])('%s: names %s, column %i, and says what would be right', (text, name, column, right) => {
    const error = refused(parse(text));
    expect(error).toMatchObject({ code: 'BAD_CRON', field: 'schedule.cron', column });
    expect(error.message).toMatch(new RegExp(`^schedule\\.cron: ${name} .*, at column ${column}$`));
    expect(error.hint).toContain(right);
  });

  test.each([
    ['', '0 fields', '5 or 6'],
    ['   ', '0 fields', '5 or 6'],
    ['* *', '2 fields', '5 or 6'],
    ['* * * *', '4 fields', '5 or 6'],
    ['* * * * * * 2027', '7 fields, one too many from column 13', 'year field is not supported'],
    ['* * * * * * * *', '8 fields', '5 or 6'],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', 'names a zone', 'timezone: "Asia/Tokyo"'],
    ['TZ=Asia/Tokyo 0 9 * * *', 'names a zone', 'timezone: "Asia/Tokyo"'],
    ['@reboot', '@reboot', 'a start of the machine is none'],
    ['@dayly', '@dayly', 'did you mean @daily?'],
    ['@every 90s', '@every', 'as the whole schedule'],
    ['@whenever', '@whenever', '@hourly'],
    [`${'1,'.repeat(128)}1 * * * *`, 'characters long', '256'],
  ])('%j: %s', (text, problem, right) => {
    const error = refused(parse(text));
    expect(error).toMatchObject({ code: 'BAD_CRON', field: 'schedule.cron' });
    expect(error.message).toContain(problem);
    expect(error.hint).toContain(right);
  });

  test('text that is no text', () => {
    expect(refused(() => parseCron(5 as unknown as string, { seed: '' })).message).toBe('cron is 5, not text');
  });
});

describe('dates that can never come', () => {
  test.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 31 2 */2', '0 0 30-31 FEB ?', '0 0 31 2 H/3'])(
    '%s is refused',
    (text) => {
      const error = refused(parse(text));
      expect(error).toMatchObject({ code: 'BAD_CRON', column: 5 });
      expect(error.message).toContain('no year has a date');
    },
  );

  test.each(['0 0 29 2 *', '0 0 31 1,2 *', '0 0 30 2 1', '0 0 * 2 1#5', '0 0 29 2 */7'])(
    '%s comes, if rarely',
    (text) => {
      expect(parse(text)).not.toThrow();
    },
  );
});
