import { describe, expect, test } from 'vitest';
import { namesOf } from '../../src/core/error_names.ts';
import { BelfryError, NonRetryableError } from '../../src/core/errors.ts';
import { decideRetry, type FailedAttempt } from '../../src/core/retry_decision.ts';
import { fromWire, toWire } from '../../src/worker/isolation/wire_error.ts';

class ValidationError extends Error {}
class FieldError extends ValidationError {}

const policy: FailedAttempt['policy'] = {
  attempts: 5,
  backoff: { type: 'fixed', initialMs: 1_000, maxMs: 60_000, jitter: 'none' },
  timeoutMs: 0,
};
const decide = (thrown: unknown, rest: Partial<FailedAttempt> = {}) =>
  decideRetry({ thrown, policy, attempt: 2, failures: 1, random: () => 0.5, ...rest });
const DEAD = { next: 'dead' };
const retry = (delayMs: number) => ({ next: 'retry', delayMs });

describe('after a failed attempt', () => {
  test('comes another one after the backoff, until the attempts are used up', () => {
    expect(decide(new Error('x'))).toEqual(retry(1_000));
    expect(decide(new Error('x'), { failures: 4 })).toEqual(retry(1_000));
    expect(decide(new Error('x'), { failures: 5 })).toEqual(DEAD);
  });

  test.each([
    new NonRetryableError('no'),
    new BelfryError('BAD_PAYLOAD', 'no'),
    Object.assign(new Error('of another copy of the package'), { code: 'NON_RETRYABLE' }),
  ])('that no attempt can mend comes none, and `when` is not asked (%s)', (error) => {
    expect(decide(error, { code: { when: () => expect.unreachable() } })).toEqual(DEAD);
  });

  test.each([
    ['its class', new ValidationError('x')],
    ['a class that it extends', new FieldError('x')],
    ['its name', Object.assign(new Error('x'), { name: 'ValidationError' })],
    ['its code', Object.assign(new Error('x'), { code: 'ValidationError' })],
    ['its class in a thread or process', fromWire(toWire(new FieldError('x')))],
  ])('`never` and `only` know the error by %s', (_how, error) => {
    const named = ['Other', 'ValidationError'];
    expect(decide(error, { policy: { ...policy, retryNever: named } })).toEqual(DEAD);
    expect(decide(error, { policy: { ...policy, retryOnly: named } })).toEqual(retry(1_000));
    expect(decide(error, { policy: { ...policy, retryNever: ['Other'] } })).toEqual(retry(1_000));
    expect(decide(error, { policy: { ...policy, retryOnly: ['Other'] } })).toEqual(DEAD);
  });

  test.each(['text', undefined, null, 7])('%j, which is no error, has no name', (thrown) => {
    expect(decide(thrown, { policy: { ...policy, retryNever: ['Error'] } })).toEqual(retry(1_000));
    expect(decide(thrown, { policy: { ...policy, retryOnly: ['Error'] } })).toEqual(DEAD);
  });

  test.each([
    [true, retry(1_000)],
    [false, DEAD],
    ['dead' as const, DEAD],
    ['5m', retry(300_000)],
    [250, retry(250)],
    [0, retry(1)],
  ])('`when` answers %j', (answer, decision) => {
    expect(decide(new Error('x'), { code: { when: () => answer } })).toEqual(decision);
  });

  test('`when` is told what failed, and cannot go beyond the attempts', () => {
    const told: unknown[] = [];
    const error = new Error('x');
    const when = (...args: unknown[]): boolean => {
      told.push(args);
      return true;
    };
    expect(decide(error, { code: { when }, failures: 5, attempt: 6 })).toEqual(DEAD);
    expect(told).toEqual([[error, { error, attempt: 6, failures: 5, backoffMs: 1_000 }]]);
  });

  test('`delay` says how long to wait, beyond the cap too, unless `when` has said so', () => {
    const delay = ({ failures, backoffMs }: { failures: number; backoffMs: number }) => failures * 100_000 + backoffMs;
    expect(decide(new Error('x'), { code: { delay }, failures: 3 })).toEqual(retry(301_000));
    expect(decide(new Error('x'), { code: { delay, when: () => '2s' } })).toEqual(retry(2_000));
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('slip');
      },
      'slip',
    ],
    ['answers later', () => Promise.resolve(true), 'it answered'],
    ['answers nothing', () => undefined, 'it answered undefined'],
    ['answers no duration', () => 'soon', 'its answer is "soon"'],
    ['answers less than nothing', () => -1, 'its answer is -1'],
  ])('code that %s is passed over, and the log hears of it', (_how, slip, says) => {
    const when = decide(new Error('x'), { code: { when: slip as never } });
    expect(when).toMatchObject(retry(1_000));
    expect(when.complaint).toContain('retry.when');
    expect(when.complaint).toContain(says);
    const delay = decide(new Error('x'), { code: { delay: slip as never } });
    expect(delay).toMatchObject(retry(1_000));
    expect(delay.complaint).toContain('retry.delay');
    expect(decide(new Error('x'), { code: { when: slip as never }, failures: 5 })).toMatchObject({ next: 'dead' });
  });
});

test('the names of an error are its own and those of its classes, each once', () => {
  expect(namesOf(Object.assign(new FieldError('x'), { code: 'E_FIELD' }))).toEqual([
    'Error',
    'E_FIELD',
    'FieldError',
    'ValidationError',
  ]);
  expect(namesOf({ name: 'plain', code: 7 })).toEqual(['plain']);
  expect(namesOf(Object.create(null))).toEqual([]);
});
