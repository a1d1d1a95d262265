import { expect, test } from 'vitest';
import { ask, askJson } from '../support/desk.ts';
import { makePlace } from '../support/belfry_process.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';
import { sealKey } from '../support/seal_keys.ts';

const redis = await startRedis();

test('runs show tells the payload with the key, and the name of the key without it', async () => {
  const key = sealKey('p1');
  const sealKeys = { payload: [key], signing: [], signatures: 'optional' } as const;
  const namespace = 'encrypted';
  const engine = await openEngine({ target: redis.target, namespace, jobs: [job('work')], config: { sealKeys } });
  const id = await engine.client.enqueue('work', { card: '4111' });
  const place = makePlace({});
  const poor = { place, variables: { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace } };
  const rich = { place, variables: { ...poor.variables, BELFRY_PAYLOAD_KEYS: `${key.id}:${key.secret}` } };
  const words = ['runs', 'show', id];
  expect((await ask(words, rich)).out).toMatch(/payload +\{"card":"4111"\}/);
  expect((await ask(words, poor)).out).toMatch(/payload +\(encrypted with key p1\)/);
  expect(await askJson(words, rich)).toMatchObject({ run: { payload: { card: '4111' } } });
  expect(await askJson(words, poor)).toMatchObject({ run: { payload: null, encryptedWith: 'p1' } });
});
