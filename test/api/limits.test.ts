import { describe, expect, test } from 'vitest';
import { serveApi, type Ask } from '../support/api.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve() {
  const poll = job('partners/poll', { limits: [{ key: 'partner:{partner}', rate: '100/1m' }, { concurrency: 2 }] });
  const { ask: askApi } = await serveApi(await openEngine({ target: redis.target, jobs: [poll] }));
  return async (...question: Parameters<Ask>): Promise<[number, unknown]> => {
    const { status, body } = await askApi(...question);
    return [status, body];
  };
}

describe('the API of limits', () => {
  test('lists keys, and shows one with slashes', async () => {
    const ask = await serve();
    expect(await ask('GET', '/limits?prefix=job:&limit=5')).toMatchObject([
      200,
      { templates: [], limits: [{ key: 'job:partners/poll', concurrency: 2, by: 'job-file' }], more: false },
    ]);
    expect(await ask('GET', '/limits/job:partners/poll')).toMatchObject([200, { limit: { key: 'job:partners/poll' } }]);
  });

  test('sets a limit and takes it back', async () => {
    const ask = await serve();
    const key = encodeURIComponent('partner:x');
    expect(await ask('PUT', `/limits/${key}`, { rate: '5/1s', burst: 2 })).toMatchObject([
      200,
      { limit: { key: 'partner:x', by: 'operator', rate: '5/1s', burst: 2, jobs: ['partners/poll'] } },
    ]);
    expect(await ask('DELETE', `/limits/${key}`)).toMatchObject([200, { limit: { by: 'job-file', rate: '100/1m' } }]);
  });

  test('holds a key, and resets it', async () => {
    const ask = await serve();
    const [status, body] = await ask('POST', '/limits/hold', { key: 'partner:x', for: '30m' });
    expect([status, body]).toMatchObject([200, { limit: { heldUntil: expect.stringMatching(/Z$/) as string } }]);
    expect(await ask('POST', '/limits/reset', { key: 'partner:x' })).toMatchObject([
      200,
      { limit: { heldUntil: null } },
    ]);
  });

  test.each<[string, string, unknown, number]>([
    ['PUT', '/limits/partner:x', {}, 400],
    ['PUT', '/limits/partner:x', { rate: 'often' }, 400],
    ['PUT', '/limits/partner:x', { speed: 3 }, 400],
    ['POST', '/limits/hold', { key: 'partner:x', for: 'long' }, 400],
    ['GET', '/limits?limit=0', undefined, 400],
    ['GET', '/limits/job:nobody', undefined, 404],
  ])('answers %s %s %j with %i', async (method, path, body, status) => {
    const ask = await serve();
    const answer = await ask(method, path, body);
    expect(answer).toMatchObject([status, { error: { code: expect.any(String) as string } }]);
  });

  test('is closed without the token', async () => {
    const ask = await serve();
    expect(await ask('GET', '/limits', undefined, 'Bearer wrong')).toMatchObject([401, {}]);
  });
});
