import { describe, expect, test } from 'vitest';
import { compilePolicy, compileRetryCode } from '../../src/core/compile_policy.ts';
import type { RetrySpec } from '../../src/core/job.ts';
import { describeRetry } from '../../src/core/retry_words.ts';
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

  test('takes delays one by one, with no jitter and no cap of its own', () => {
    expect(compilePolicy({ backoff: { delays: ['1s', '1m', '10s'] } }).backoff).toEqual({
      type: 'custom',
      initialMs: 1_000,
      maxMs: 60_000,
      jitter: 'none',
      delaysMs: [1_000, 60_000, 10_000],
    });
    expect(compilePolicy({ backoff: { type: 'custom', delays: [5], max: 3, jitter: 'equal' } }).backoff).toMatchObject({
      maxMs: 3,
      jitter: 'equal',
    });
  });

  test('names errors, and keeps code apart from what is stored', () => {
    const retry: RetrySpec = { only: ['A'], never: ['B', 'E_C'], when: () => true, delay: () => 1 };
    expect(compilePolicy(retry)).toMatchObject({ retryOnly: ['A'], retryNever: ['B', 'E_C'] });
    expect(JSON.parse(JSON.stringify(compilePolicy(retry)))).toEqual(compilePolicy(retry));
    expect(compileRetryCode(retry)).toEqual({ when: retry.when, delay: retry.delay });
    expect(compileRetryCode({ attempts: 2 })).toBeUndefined();
    expect(compileRetryCode(undefined)).toBeUndefined();
  });

  test('is told in words', () => {
    expect(describeRetry(compilePolicy({ backoff: { type: 'linear' }, never: ['A', 'B'] }))).toBe(
      '3, linear backoff 1s to 5m, jitter full, never A or B',
    );
    expect(describeRetry(compilePolicy({ attempts: 9, backoff: { delays: ['1s', '2m'] }, only: ['C'] }))).toBe(
      '9, after 1s / 2m, jitter none, only C',
    );
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
  [{ backoff: { jitter: 'some' } }, 'BAD_JOB', 'retry.backoff.jitter', 'full, equal, none'],
  [{ backoff: { delays: [] } }, 'BAD_JOB', 'retry.backoff.delays', "['1s', '10s', '1m']"],
  [{ backoff: { type: 'custom' } }, 'BAD_JOB', 'retry.backoff.delays', "['1s', '10s', '1m']"],
  [{ backoff: { delays: '1s' } }, 'BAD_JOB', 'retry.backoff.delays', "['1s', '10s', '1m']"],
  [{ backoff: { delays: ['1s', 'x'] } }, 'BAD_DURATION', 'retry.backoff.delays[1]', '90s'],
  [{ backoff: { delays: ['1s'], type: 'linear' } }, 'BAD_JOB', 'retry.backoff.delays', 'leave the type out'],
  [{ backoff: { delays: ['1s'], initial: '1s' } }, 'BAD_JOB', 'retry.backoff.initial', 'the first of the delays'],
  [{ only: 'A' }, 'BAD_JOB', 'retry.only', "['ValidationError', 'ENOENT']"],
  [{ never: [] }, 'BAD_JOB', 'retry.never', "['ValidationError', 'ENOENT']"],
  [{ only: ['A', 'B'], never: ['B'] }, 'BAD_JOB', 'retry.never', 'keep one of the two'],
  [{ never: [Error] }, 'BAD_JOB', 'retry.never', "['ValidationError', 'ENOENT']"],
  [{ when: true }, 'BAD_JOB', 'retry.when', 'when: (error)'],
  [{ delay: '1s' }, 'BAD_JOB', 'retry.delay', 'delay: ({ failures })'],
  [{ backoff: { initial: 'x' } }, 'BAD_DURATION', 'retry.backoff.initial', '90s'],
  [{ backoff: { max: -1 } }, 'BAD_DURATION', 'retry.backoff.max', '90s'],
  [{ backoff: { initial: '1m', max: '1s' } }, 'BAD_JOB', 'retry.backoff.max', 'at least 1m'],
])('%j is refused', (retry, code, field, right) => {
  const error = refused(() => {
    compilePolicy(retry as RetrySpec);
    compileRetryCode(retry as RetrySpec);
  });
  expect(error).toMatchObject({ code, field });
  expect(error.hint).toContain(right);
});

test('a bad timeout is refused', () => {
  expect(refused(() => compilePolicy(undefined, 'never'))).toMatchObject({ code: 'BAD_DURATION', field: 'timeout' });
});
