import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../src/core/compile_policy.ts';
import type { RetrySpec } from '../../src/core/job.ts';
import { refused } from './time/refused.ts';

describe('a policy', () => {
  test('has defaults for what is left out', () => {
    const defaults = {
      attempts: 3,
      backoff: { type: 'exponential', initialMs: 1_000, maxMs: 300_000, jitter: 'full' },
      timeoutMs: 0,
    };
    expect(compilePolicy(undefined)).toEqual(defaults);
    expect(compilePolicy({}, undefined)).toEqual(defaults);
    expect(compilePolicy({ backoff: {} })).toEqual(defaults);
  });

  test('takes all that is written', () => {
    const retry: RetrySpec = { attempts: 1, backoff: { type: 'fixed', initial: '5s', max: '1m', jitter: 'none' } };
    expect(compilePolicy(retry, '2m')).toEqual({
      attempts: 1,
      backoff: { type: 'fixed', initialMs: 5_000, maxMs: 60_000, jitter: 'none' },
      timeoutMs: 120_000,
    });
  });

  test('a default gives way to the bound that is written', () => {
    expect(compilePolicy({ backoff: { initial: '10m' } }).backoff).toMatchObject({
      initialMs: 600_000,
      maxMs: 600_000,
    });
    expect(compilePolicy({ backoff: { max: '500ms' } }).backoff).toMatchObject({ initialMs: 500, maxMs: 500 });
  });
});

test.each([
  [{ attempts: 0 }, 'BAD_JOB', 'retry.attempts', '1 to 1000'],
  [{ attempts: 1_001 }, 'BAD_JOB', 'retry.attempts', '1 to 1000'],
  [{ attempts: 2.5 }, 'BAD_JOB', 'retry.attempts', '1 to 1000'],
  [{ attempts: '3' }, 'BAD_JOB', 'retry.attempts', '1 to 1000'],
  [{ attempt: 3 }, 'BAD_JOB', 'retry.attempt', 'did you mean attempts?'],
  [5, 'BAD_JOB', 'retry', 'an object'],
  [{ backoff: 5 }, 'BAD_JOB', 'retry.backoff', 'an object'],
  [{ backoff: { initail: '1s' } }, 'BAD_JOB', 'retry.backoff.initail', 'did you mean initial?'],
  [{ backoff: { type: 'exponental' } }, 'BAD_JOB', 'retry.backoff.type', 'did you mean exponential?'],
  [{ backoff: { jitter: 'some' } }, 'BAD_JOB', 'retry.backoff.jitter', 'full, none'],
  [{ backoff: { initial: 'x' } }, 'BAD_DURATION', 'retry.backoff.initial', '90s'],
  [{ backoff: { max: -1 } }, 'BAD_DURATION', 'retry.backoff.max', '90s'],
  [{ backoff: { initial: '1m', max: '1s' } }, 'BAD_JOB', 'retry.backoff.max', 'at least 1m'],
])('%j is refused', (retry, code, field, right) => {
  const error = refused(() => compilePolicy(retry as RetrySpec));
  expect(error).toMatchObject({ code, field });
  expect(error.hint).toContain(right);
});

test('a bad timeout is refused', () => {
  expect(refused(() => compilePolicy(undefined, 'never'))).toMatchObject({ code: 'BAD_DURATION', field: 'timeout' });
});
