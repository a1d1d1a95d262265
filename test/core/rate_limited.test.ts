import { describe, expect, test } from 'vitest';
import { holdOf, rateLimited, RateLimitedError, retryAfterIn } from '../../src/core/rate_limited.ts';
import { packExtras } from '../../src/core/extras.ts';
import type { Run } from '../../src/core/run.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');
const RUN: Run = {
  id: 'r',
  job: 'poll',
  queue: 'polling',
  priority: 5,
  keys: '|aaaaa~partner:x|bbbbb~account:7',
  extras: '',
  policy: 'p',
  fireTime: 0,
  attempts: 0,
  failures: 0,
  crashes: 0,
  payloadJson: 'null',
};
const hold = (thrown: unknown, over: Partial<Run> = {}, on429: 'hold' | 'fail' = 'hold') =>
  holdOf({ ...RUN, ...over }, { thrown, on429 }, NOW);
const refused = (retryAfter: string) => ({ status: 429, headers: { 'Retry-After': retryAfter } });

test('rateLimited throws, with or without a key', () => {
  expect(() => rateLimited('30s')).toThrow(expect.objectContaining({ retryAfterMs: 30_000, key: undefined }) as Error);
  expect(() => rateLimited('partner:x', 5)).toThrow(RateLimitedError);
  expect(() => rateLimited('soon')).toThrow('retryAfter is "soon"');
});

describe('the hold of a run', () => {
  test('is on the key that is named, else on the first of its payload, else on its job', () => {
    const first = { key: 'partner:x', field: '*aaaaa', ms: 30_000 };
    expect(hold(new RateLimitedError('30s'))).toEqual(first);
    expect(hold(new RateLimitedError('30s', 'account:7'))).toEqual({ key: 'account:7', field: '*bbbbb', ms: 30_000 });
    expect(hold(new RateLimitedError('30s', 'queue:polling'))).toMatchObject({ field: 'queue:polling' });
    expect(hold(new RateLimitedError('30s'), { keys: '' })).toEqual({ key: 'job:poll', field: 'job:poll', ms: 30_000 });
  });

  test('cannot be on a key that the run has not', () => {
    expect(hold(new RateLimitedError('30s', 'partner:y'))).toMatchObject({
      code: 'BAD_USAGE',
      hint: 'one of partner:x, account:7, job:poll, queue:polling',
    });
  });

  test('lasts a second at least and a day at most', () => {
    expect(hold(new RateLimitedError(1))).toMatchObject({ ms: 1_000 });
    expect(hold(refused('999999'))).toMatchObject({ ms: 86_400_000 });
    expect(hold(refused('0'))).toMatchObject({ ms: 1_000 });
  });

  test('reads seconds and HTTP dates, and nothing else', () => {
    expect(hold(refused('12'))).toMatchObject({ ms: 12_000 });
    expect(hold(refused('Mon, 23 Nov 2026 09:01:30 GMT'))).toMatchObject({ ms: 90_000 });
    expect(hold(refused('Mon, 23 Nov 2020 09:01:30 GMT'))).toMatchObject({ ms: 1_000 });
    expect(hold(refused('soon'))).toBeUndefined();
  });

  test('is none where the job wants 429 to fail; what the handler says itself counts all the same', () => {
    expect(hold(refused('12'), {}, 'fail')).toBeUndefined();
    expect(hold(new RateLimitedError('12s'), {}, 'fail')).toMatchObject({ ms: 12_000 });
  });

  test('is none for any other error', () => {
    expect(hold(new Error('no'))).toBeUndefined();
    expect(hold({ status: 503, headers: { 'retry-after': '12' } })).toBeUndefined();
    expect(hold(undefined)).toBeUndefined();
  });

  test('is none for a run that was refused a thousand times', () => {
    expect(hold(refused('12'), { extras: packExtras({ refusals: '999' }) })).toMatchObject({ ms: 12_000 });
    expect(hold(refused('12'), { extras: packExtras({ refusals: '1000' }) })).toBeUndefined();
    expect(hold(new RateLimitedError('12s'), { extras: packExtras({ refusals: '1000' }) })).toBeUndefined();
  });
});

describe('Retry-After is found', () => {
  const headers = new Headers({ 'Retry-After': '7' });
  test.each<[string, unknown]>([
    ['in a Response of fetch', new Response(null, { status: 429, headers })],
    [
      'in an error with status and headers',
      Object.assign(new Error('no'), { status: 429, headers: { 'retry-after': 7 } }),
    ],
    [
      'in an error with statusCode',
      Object.assign(new Error('no'), { statusCode: 429, headers: { 'Retry-After': ['7'] } }),
    ],
    ['in the response of an error', Object.assign(new Error('no'), { response: { status: 429, headers } })],
    [
      'in the response, with the status on the error',
      Object.assign(new Error('no'), { status: 429, response: { headers } }),
    ],
    ['in the cause of an error', new Error('no', { cause: { status: 429, headers } })],
  ])('%s', (_, thrown) => {
    expect(retryAfterIn(thrown)).toBe('7');
  });

  test.each<[string, unknown]>([
    ['without the header', { status: 429, headers: {} }],
    ['without headers', { status: 429 }],
    ['with another status', { status: 503, headers }],
    ['in a text', '429'],
    ['in nothing', null],
  ])('nowhere %s', (_, thrown) => {
    expect(retryAfterIn(thrown)).toBeUndefined();
  });
});
