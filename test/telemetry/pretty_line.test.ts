import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { formatLine } from '../../src/telemetry/pretty_line.ts';

const line = (fields: object): string =>
  JSON.stringify({ level: 'warn', time: '2026-01-31T07:00:01.005Z', msg: 'slow', ...fields });

test('a line has the local time, the level, the message and the fields', () => {
  const at = new Date('2026-01-31T07:00:01.005Z');
  const hour = String(at.getHours()).padStart(2, '0');
  const minute = String(at.getMinutes()).padStart(2, '0');
  expect(formatLine(line({ run: 'poll@1', note: 'two words', list: [1] }), 'off')).toBe(
    `${hour}:${minute}:01.005 warn  slow run=poll@1 note="two words" list=[1]\n`,
  );
});

test('further lines of a message are indented under the first', () => {
  expect(formatLine(line({ msg: 'one\ntwo' }), 'off')).toMatch(/one\n {19}two\n$/);
});

test('what a job logs cannot steer the terminal', () => {
  const text = formatLine(line({ msg: 'a\u001B[2Jb\r\u0007', field: '\u001B]0;x\u0007' }), 'off');
  expect(text).toBe(stripVTControlCharacters(text));
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
});

test('colours are there when they are wanted', () => {
  expect(formatLine(line({}), 'on')).toContain('\u001B[33mwarn ');
});
