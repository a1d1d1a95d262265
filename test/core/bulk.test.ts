import { describe, expect, test } from 'vitest';
import {
  afterPhase,
  packBulk,
  phasesOf,
  placeOf,
  progressOf,
  sliceLimit,
  unpackBulk,
  type Bulk,
  type BulkSpec,
} from '../../src/core/bulk.ts';
import { fitsError } from '../../src/core/bulk_filter.ts';
import { nameOfQueue, readWeightedQueue, servesQueue } from '../../src/core/queue_weights.ts';

const spec = (over: Partial<BulkSpec> = {}): BulkSpec => ({
  action: 'cancel',
  filter: { states: ['waiting', 'ready'] },
  paceMs: 0,
  by: 'ada b',
  at: 5,
  ...over,
});

describe('a bulk operation', () => {
  test('is read as it was packed', () => {
    const bulk: Bulk = {
      id: 'x',
      state: 'running',
      primary: 'abc',
      cursor: 'letters:5:a%20b',
      total: 10,
      seen: 4,
      done: 3,
      failed: 1,
      updatedAt: 9,
      spec: spec({ note: 'two\nlines and "quotes"', filter: { states: ['dead'], error: 'a b' } }),
    };
    expect(unpackBulk('x', packBulk(bulk))).toEqual(bulk);
  });

  test.each<[Partial<BulkSpec>, string[]]>([
    [{}, ['lanes', 'runs']],
    [{ filter: { states: ['waiting'] } }, ['runs']],
    [{ filter: { states: ['ready'], ids: ['1'] } }, ['runs']],
    [{ action: 'delete', filter: { states: ['ready', 'dead'] } }, ['lanes', 'runs', 'letters']],
    [{ action: 'retry', filter: { states: ['dead', 'succeeded'] } }, ['letters', 'history']],
  ])('with %j goes over %j', (over, phases) => {
    expect(phasesOf(spec(over))).toEqual(phases);
    expect(afterPhase(spec(over), phases.at(-1) as 'runs')).toBe('end');
  });

  test('begins its scan anew on another Redis process, where the cursor means nothing', () => {
    expect(placeOf({ cursor: 'runs:77', primary: 'a' }, 'a')).toEqual({ phase: 'runs', place: '77' });
    expect(placeOf({ cursor: 'runs:77', primary: 'a' }, 'b')).toEqual({ phase: 'runs', place: '' });
    expect(placeOf({ cursor: 'letters:5:x', primary: 'a' }, 'b')).toEqual({ phase: 'letters', place: '5:x' });
  });

  test('takes as many at once as its pace allows in half a second', () => {
    expect([0, 1, 50, 5_000].map((paceMs) => sliceLimit(paceMs, 200))).toEqual([200, 200, 10, 1]);
  });

  test('is through when it is done, and not before', () => {
    expect(progressOf({ state: 'running', total: 10, seen: 25 })).toBe(0.99);
    expect(progressOf({ state: 'running', total: 0, seen: 0 })).toBe(0);
    expect(progressOf({ state: 'done', total: 10, seen: 2 })).toBe(1);
  });
});

test('an error is found by its name and its message, in any case', () => {
  const error = { name: 'TimeoutError', message: 'no answer from Partner' };
  expect(['timeouterror', 'PARTNER', 'rror: no'].map((text) => fitsError(text, error))).toEqual([true, true, true]);
  expect(fitsError('x', error)).toBe(false);
  expect(fitsError('x', undefined)).toBe(false);
});

test.each([
  ['critical:6', { queue: 'critical', weight: 6 }],
  ['a/b.c-d_e', { queue: 'a/b.c-d_e', weight: 1 }],
  ['*', { queue: '*', weight: 1 }],
  ['*:2', { queue: '*', weight: 2 }],
  ['critical:0', undefined],
  ['critical:1001', undefined],
  ['critical:1.5', undefined],
  ['critical:', undefined],
  ['a b', undefined],
  ['', undefined],
])('%j is read as %j', (text, read) => {
  expect(readWeightedQueue(text)).toEqual(read);
});

test('a worker serves the queues that it names, whatever their weights, and all with *', () => {
  expect(nameOfQueue('a:3')).toBe('a');
  expect(servesQueue(['a:3', 'b'], 'a')).toBe(true);
  expect(servesQueue(['a:3', 'b'], 'c')).toBe(false);
  expect(servesQueue(['a:3', '*:2'], 'c')).toBe(true);
});
