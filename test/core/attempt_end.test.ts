import { describe, expect, test } from 'vitest';
import {
  afterCrash,
  afterFailure,
  describeError,
  MAX_CRASHES,
  SECOND_CRASH_DELAY_MS,
} from '../../src/core/attempt_end.ts';
import { BelfryError, NonRetryableError } from '../../src/core/errors.ts';
import type { RunPolicy } from '../../src/core/policy.ts';
import { unpackRun, type Run } from '../../src/core/run.ts';

const policy: RunPolicy = {
  attempts: 3,
  backoff: { type: 'exponential', initialMs: 1_000, maxMs: 60_000, jitter: 'none' },
  timeoutMs: 0,
};
const run = (counts: Partial<Run> = {}): Run => ({ ...unpackRun('r', '5 a q 5 p 0 0 0 null'), ...counts });
const fail = (of: Run, thrown: unknown, random = () => 0.5) =>
  afterFailure(of, { thrown, policy, logged: true, random });

describe('after a failure', () => {
  test('comes another attempt, each after a longer delay, and the counts grow', () => {
    expect(fail(run(), new Error('x'))).toMatchObject({
      outcome: 'retrying',
      delayMs: 1_000,
      attempts: 1,
      failures: 1,
      crashes: 0,
    });
    expect(fail(run({ attempts: 4, failures: 1, crashes: 2 }), new Error('x'))).toMatchObject({
      outcome: 'retrying',
      delayMs: 2_000,
      attempts: 5,
      failures: 2,
      crashes: 2,
    });
  });

  test('of the last attempt the run is a dead letter with the error', () => {
    const end = fail(run({ failures: 2 }), new TypeError('why'));
    expect(end).toMatchObject({ outcome: 'dead', logged: true });
    expect(JSON.parse('bodyJson' in end ? end.bodyJson : '')).toMatchObject({
      error: { name: 'TypeError', message: 'why' },
    });
  });

  test('that no attempt can mend the run is a dead letter at once', () => {
    expect(fail(run(), new NonRetryableError('no'))).toMatchObject({ outcome: 'dead' });
    expect(fail(run(), new BelfryError('BAD_PAYLOAD', 'no'))).toMatchObject({ outcome: 'dead' });
    expect(fail(run(), Object.assign(new Error('from a thread'), { code: 'NON_RETRYABLE' }))).toMatchObject({
      outcome: 'dead',
    });
  });

  test('a delay that jitter makes nothing is a millisecond, so that the run does not jump its lane', () => {
    const jittered = { ...policy, backoff: { ...policy.backoff, jitter: 'full' as const } };
    expect(afterFailure(run(), { thrown: 1, policy: jittered, logged: false, random: () => 0 })).toMatchObject({
      delayMs: 1,
    });
  });
});

describe('after a crash', () => {
  test('the second one in a row, the run waits, so that falling workers do not take it with them', () => {
    expect(afterCrash(run({ crashes: 1 }), 'w1')).toMatchObject({
      outcome: 'retrying',
      delayMs: SECOND_CRASH_DELAY_MS,
    });
  });

  test('the run starts again at once, and it does not count as a failure of the job', () => {
    const end = afterCrash(run({ failures: 2 }), 'w1');
    expect(end).toMatchObject({ outcome: 'retrying', delayMs: 0, attempts: 1, failures: 2, crashes: 1 });
  });

  test(`number ${String(MAX_CRASHES)} the run is a dead letter that says so and names the worker`, () => {
    const end = afterCrash(run({ crashes: MAX_CRASHES - 1 }), 'w1');
    expect(end.outcome).toBe('dead');
    const { error } = JSON.parse(end.bodyJson) as { error: Record<string, unknown> };
    expect(error).toEqual({
      name: 'BelfryError',
      code: 'ATTEMPT_CRASHED',
      message: 'crash 3 of 3 (poison): worker w1 stopped renewing the lease',
    });
  });
});

describe('what is kept of an error', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;

  test('is name, message, code and stack, each cut to a size', () => {
    const thrown = Object.assign(new RangeError('m'.repeat(9_000)), { code: 'E_X' });
    const kept = describeError(thrown);
    expect(kept).toMatchObject({ name: 'RangeError', code: 'E_X' });
    expect(kept.message).toHaveLength(2_000);
    expect(kept.stack).toHaveLength(4_000);
  });

  test.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ code: 'X' }, '{"code":"X"}'],
    [circle, '[object Object]'],
  ])('that is no error at all (%j) is its text', (thrown, message) =>
    expect(describeError(thrown)).toEqual({ name: 'Error', message }),
  );

  test('leaves out a code that is no text', () => {
    expect(describeError(Object.assign(new Error('x'), { code: 7 }))).not.toHaveProperty('code');
  });
});
