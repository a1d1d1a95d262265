import { describe, expect, test } from 'vitest';
import { formatDistance, formatInstant, formatLength, isoOf } from '../../src/cli/instants.ts';
import { formatLogLine } from '../../src/cli/log_lines.ts';
import { createPaint } from '../../src/cli/paint.ts';
import { ruleCell } from '../../src/cli/rule_cell.ts';
import { describeRule } from '../../src/core/time/words.ts';
import { formatFields, formatTable } from '../../src/cli/table.ts';

const plain = createPaint('off');

describe('lengths and instants', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [3_601_000, '1 h'],
    [86_400_000 + 4 * 3_600_000 + 59 * 60_000, '1 d 4 h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatLength(ms)).toBe(text);
  });

  test('a distance has a direction', () => {
    expect(formatDistance(5_000, 0)).toBe('in 5 s');
    expect(formatDistance(0, 90_000)).toBe('1 min 30 s ago');
    expect(formatDistance(500, 0)).toBe('now');
  });

  test('an instant is shown in UTC or in the zone of the machine, and never is a dash', () => {
    expect(formatInstant(Date.UTC(2026, 0, 31, 7), 'utc')).toBe('2026-01-31 07:00:00Z');
    expect(formatInstant(new Date(2026, 0, 31, 7).getTime(), 'local')).toBe('2026-01-31 07:00:00');
    expect(formatInstant(undefined, 'utc')).toBe('-');
    expect(isoOf(0)).toBeNull();
  });
});

describe('tables', () => {
  test('are aligned whatever the colours', () => {
    const bold = createPaint('on');
    const rows = [
      [bold('bold', 'a'), '1'],
      ['long', '2'],
    ];
    expect(formatTable(['X', 'Y'], rows, plain)).toBe(`X     Y\n${bold('bold', 'a')}     1\nlong  2\n`);
  });

  test('without rows are nothing at all', () => {
    expect(formatTable(['X'], [], plain)).toBe('');
  });

  test('of fields leave out what is not there and indent further lines', () => {
    expect(
      formatFields(
        [
          ['one', 'a\nb'],
          ['none', undefined],
          ['three', 'c'],
        ],
        plain,
      ),
    ).toBe('one    a\n       b\nthree  c\n');
  });
});

test('a line of a log cannot steer the terminal', () => {
  const json = JSON.stringify({ at: 0, level: 'info', message: 'a\u001B[2Jb', fields: { x: '\u001B]0;t\u0007' } });
  // oxlint-disable-next-line no-control-regex
  expect(formatLogLine(json, 'utc', plain)).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
});

describe('a rule in a cell', () => {
  test.each([
    [{ c: '5 9 * * *', z: 'Europe/Berlin' }, '5 9 * * * (Europe/Berlin)'],
    [{ e: 90_000 }, 'every 1m 30s'],
    [undefined, '-'],
  ])('%j is %s', (rule, text) => {
    expect(ruleCell(rule, 'poll')).toBe(text);
  });

  test('in words says which minute an H of that schedule is', () => {
    const rule = { u: [{ c: 'H 9 * * *' }, { c: '0 0 1 1 *' }] };
    const [one, other] = [ruleCell(rule, 'poll:a'), ruleCell(rule, 'poll:b')];
    expect(one.slice(0, 20)).toBe(describeRule(rule, 'poll:a').slice(0, 20));
    expect(one).toMatch(/^At 09:\d\d/);
    expect(one).not.toBe(other);
  });
});
