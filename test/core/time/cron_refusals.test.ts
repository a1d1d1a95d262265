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
    ['1,,2 * * * *', 'minute', 3, 'one comma'],
    [', * * * *', 'minute', 1, 'one comma'],
    ['0 0 * * MNO', 'day-of-week', 9, 'did you mean MON?'],
    ['0 0 * SEPT *', 'month', 7, 'did you mean SEP?'],
    ['JAN * * * *', 'minute', 1, 'minute is 0–59'],
    ['? * * * *', 'minute', 1, 'for the two day fields'],
    ['0 0 ?,1 * *', 'day-of-month', 5, '? stands alone'],
    ['0 0 32W * *', 'day-of-month', 5, 'day-of-month is 1–31'],
    ['0 0 0W * *', 'day-of-month', 5, 'day-of-month is 1–31'],
    ['0 0 L-31 * *', 'day-of-month', 5, 'L-30'],
    ['0 0 1,L-31W * *', 'day-of-month', 7, 'L-30'],
    ['0 0 1-5W * *', 'day-of-month', 5, 'W comes after one day'],
    ['0 0 WL * *', 'day-of-month', 5, 'LW the last weekday'],
    ['0 0 W * *', 'day-of-month', 5, '15W'],
    ['0 0 HW * *', 'day-of-month', 5, '15W'],
    ['0 0 * * 1W', 'day-of-week', 9, 'W is for day-of-month'],
    ['0 15W * * *', 'hour', 3, 'W is for day-of-month'],
    ['0 0 5L * *', 'day-of-month', 5, 'L-3 the third day before it'],
    ['0 0 * * 5L-1', 'day-of-week', 9, '5L is the last Friday'],
    ['0 0 * * 5L-', 'day-of-week', 9, '0 and 7 are both Sunday'],
    ['0 22-4/8 * * *', 'hour', 3, 'a step from 1 to 7'],
    ['0 22-24 * * *', 'hour', 3, 'hour is 0–23'],
    ['0 0 * * FRI-', 'day-of-week', 9, '0 and 7 are both Sunday'],
    ['0 0 * * 2027', 'day-of-week', 9, 'seventh field'],
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
    ['0 0 0 1 1 * 1969', 'year', 13, 'year is 1970–2199'],
    ['0 0 0 1 1 * 2200', 'year', 13, 'year is 1970–2199'],
    ['0 0 0 1 1 * 27', 'year', 13, 'year is 1970–2199'],
    ['0 0 0 1 1 * 2027,2030-2028', 'year', 18, '2028-2030'],
    ['0 0 0 1 1 * */231', 'year', 13, 'a step from 1 to 230'],
    ['0 0 0 1 1 * 2027-2030/5', 'year', 13, 'a step from 1 to 4'],
    ['0 0 0 1 1 * H', 'year', 13, 'H is for the other fields'],
    ['0 0 0 1 1 * ?', 'year', 13, 'for the two day fields'],
    ['0 0 0 1 1 * L', 'year', 13, 'two day fields'],
    ['0 0 0 1 1 * MMXX', 'year', 13, 'year is 1970–2199'],
    ['0 0 0 1 1 * 2027,', 'year', 18, 'one comma'],
    ['1e1 * * * *', 'minute', 1, 'minute is 0–59'],
  ])('%s: names %s, column %i, and says what would be right', (text, name, column, right) => {
    const error = refused(parse(text));
    expect(error).toMatchObject({ code: 'BAD_CRON', field: 'schedule.cron', column });
    expect(error.message).toMatch(new RegExp(`^schedule\\.cron: ${name} .*, at column ${column}$`));
    expect(error.hint).toContain(right);
  });

  test.each([
    ['', '0 fields', 'minute hour day-of-month'],
    ['   ', '0 fields', 'minute hour day-of-month'],
    ['* *', '2 fields', 'minute hour day-of-month'],
    ['* * * *', '4 fields', 'minute hour day-of-month'],
    ['* * * * * * * *', '8 fields, one too many from column 15', '7 with a year'],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', 'names a zone at column 1', 'timezone: "Asia/Tokyo"'],
    ['  TZ=Asia/Tokyo 0 9 * * *', 'names a zone at column 3', 'timezone: "Asia/Tokyo"'],
    ['CRON_TZ= 0 9 * * *', 'names a zone', 'set timezone'],
    ['@reboot', '@reboot', 'the whole schedule'],
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
  test.each([
    ['0 0 30 2 *', 5],
    ['0 0 31 4,6,9,11 *', 5],
    ['0 0 31 2 */2', 5],
    ['0 0 30-31 FEB ?', 5],
    ['0 0 31 2 H/3', 5],
    ['0 0 30W 2 *', 5],
    ['0 0 L-29 2 *', 5],
    ['0 0 L-30W 4 *', 5],
    ['0 0 0 29 2 * 2025', 7],
    ['0 0 0 29 2 * 2025-2027,2029', 7],
    ['0 0 0 29 2 * 2100', 7],
    ['0 0 0 L-28 2 * 2101-2103', 7],
    ['0 0 0 ? 2 MON#5 2026-2040', 7],
  ])('%s is refused', (text, column) => {
    const error = refused(parse(text));
    expect(error).toMatchObject({ code: 'BAD_CRON', column });
    expect(error.message).toContain('no year has a date');
  });

  test.each([
    '0 0 29 2 *',
    '0 0 31 1,2 *',
    '0 0 30 2 1',
    '0 0 * 2 1#5',
    '0 0 29 2 */7',
    '0 0 29W 2 *',
    '0 0 L-28 2 *',
    '0 0 L-30 * *',
    '0 0 0 29 2 * 2028',
    '0 0 0 29 2 * 2100-2104',
    '0 0 0 ? 2 MON#5 2044',
    '0 0 0 1 1 ? 1970',
    '0 0 0 L 2 SUN#4 2010',
  ])('%s comes, if rarely', (text) => {
    expect(parse(text)).not.toThrow();
  });
});
