import { describe, expect, test } from 'vitest';
import { isReboot } from '../../../src/core/time/cron_alias.ts';
import { parseCron } from '../../../src/core/time/cron.ts';
import { hasBothDayFields, splitCronZone } from '../../../src/core/time/cron_split.ts';
import { parseDstPolicy } from '../../../src/core/time/dst.ts';
import { refused } from './refused.ts';

describe('a zone in front of an expression', () => {
  test.each([
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', 'Asia/Tokyo', '0 9 * * *'],
    ['TZ=UTC 0 9 * * *', 'UTC', '0 9 * * *'],
    ['cron_tz=Europe/Berlin @daily', 'Europe/Berlin', '@daily'],
    ['  CRON_TZ=Asia/Tokyo\t0 9 * * *', 'Asia/Tokyo', '0 9 * * *'],
    ['CRON_TZ=Asia/Tokyo', 'Asia/Tokyo', ''],
  ])('%s is %s with %s', (text, zone, rest) => {
    const split = splitCronZone(text);
    expect({ ...split, text: split.text.trim() }).toEqual({ zone, text: rest });
  });

  test.each(['0 9 * * *', '@daily', '', 'CRON_TZ= 0 9 * * *', 'ATZ=UTC 0 9 * * *', '0 TZ=UTC'])(
    '%j has none',
    (text) => {
      expect(splitCronZone(text)).toEqual({ text });
    },
  );

  test('leaves the columns of errors as they are in the whole text', () => {
    const { text } = splitCronZone('CRON_TZ=Asia/Tokyo 0 25 * * *');
    expect(refused(() => parseCron(text, { seed: '' })).column).toBe(22);
  });
});

test.each([
  ['@reboot', true],
  [' @Reboot ', true],
  ['@reboots', false],
  ['@daily', false],
  ['0 0 * * *', false],
])('%j: it is %s that it stands for a deployment', (text, answer) => {
  expect(isReboot(text)).toBe(answer);
});

describe('whether either of two day fields is enough', () => {
  test.each([
    ['0 0 1 * 1', true],
    ['0 0 1 * 1 ', true],
    ['0 0 0 1 * 1', true],
    ['0 0 0 1 * 1 2027', true],
    ['CRON_TZ=Asia/Tokyo 0 0 1 * 1', true],
    ['0 0 L * FRI', true],
    ['0 0 H * H', true],
    ['0 0 * * 1', false],
    ['0 0 ? * 1', false],
    ['0 0 1 * *', false],
    ['0 0 1 * ?', false],
    ['0 0 */2 * 1', false],
    ['0 0 1 * H/2', false],
    ['* * * * *', false],
    ['0 0 0 1 * * 2027', false],
    ['@monthly', false],
    ['@every 90s', false],
    ['', false],
    ['1 1', false],
    ['nonsense in five fields here', true],
  ])('%j: %s', (text, answer) => {
    expect(hasBothDayFields(text)).toBe(answer);
  });

  test.each([
    ['0 0 1 * 1', 'cronos', false],
    ['0 0 1 * 1', 'skip both and', false],
    ['0 0 */2 * 1', 'skip both or', true],
    ['0 0 * * 1', 'skip both or', false],
    ['0 0 */2 * 1', 'kubernetes', true],
  ])('%s under %s: %s', (text, dst, answer) => {
    expect(hasBothDayFields(text, parseDstPolicy(dst))).toBe(answer);
  });
});
