import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  packHead,
  packSchedule,
  parseRule,
  unpackSchedule,
  type StoredSchedule,
} from '../../src/core/stored_schedule.ts';

const schedules: fc.Arbitrary<StoredSchedule> = fc.record({
  id: fc.constant('s'),
  revision: fc.nat(),
  state: fc.constantFrom('active', 'paused'),
  next: fc.nat(),
  last: fc.option(fc.nat(), { nil: undefined }),
  made: fc.nat(),
  others: fc.oneof(
    fc.constant('-'),
    fc.array(fc.uuid(), { minLength: 1, maxLength: 3 }).map((ids) => ids.join(',')),
  ),
  ruleJson: fc.jsonValue().map((p) => JSON.stringify({ c: '* * * * *', p })),
});

test('a stored schedule reads back as it was written', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(unpackSchedule('s', packSchedule(schedule))).toEqual(schedule);
    }),
  );
});

test('the head is all that stands before the rule', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect(packHead(schedule) + schedule.ruleJson).toBe(packSchedule(schedule));
    }),
  );
});

test('no two heads are the beginning of one another, so that a comparison cannot be fooled', () => {
  const property = fc.property(schedules, schedules, (one, other) => {
    fc.pre(packHead(one) !== packHead(other));
    expect(packSchedule(other).startsWith(packHead(one))).toBe(false);
  });
  fc.assert(property);
});

test('the rule is read from its text', () => {
  expect(parseRule(unpackSchedule('s', '3 0 - - {"e":5,"p":[1]}'))).toEqual({ e: 5, p: [1] });
  expect(() => parseRule(unpackSchedule('s', 'damaged'))).toThrow(SyntaxError);
});
