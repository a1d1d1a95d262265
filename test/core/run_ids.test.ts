import { uuidv7 } from 'uuidv7';
import { expect, test } from 'vitest';
import { firstIdOf, idsFrom, mayBeOf } from '../../src/core/run_ids.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a batch of ids is made of UUIDv7s, all different, in sorting order', () => {
  const ids = idsFrom(firstIdOf(uuidv7(), 'a'), 5_000);
  expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(5_000);
  expect(ids.toSorted()).toEqual(ids);
});

test('the counter starts in the lower half of its range, so that a batch cannot run it over', () => {
  expect(firstIdOf('01a2072d-4082-7244-9d99-8c3effffffff', 'a').slice(-8)).toBe('7fffffff');
  expect(idsFrom('01a2072d-4082-7244-9d99-8c3e7fffffff', 2)[1]).toBe('01a2072d-4082-7244-9d99-8c3e80000000');
});

test('an own id stays as it is', () => {
  expect(idsFrom('order-17', 1)).toEqual(['order-17']);
});

test('an id tells its job, so that its record is looked for in one history; any other id may be of any job', () => {
  for (const id of idsFrom(firstIdOf(uuidv7(), 'partners/poll'), 3)) {
    expect(mayBeOf(id, 'partners/poll')).toBe(true);
    expect(mayBeOf(id, 'partners/push')).toBe(false);
  }
  expect(mayBeOf('order-17', 'partners/push')).toBe(true);
});
