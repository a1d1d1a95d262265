import { expect, test } from 'vitest';
import { find, renderChart } from '../support/chart.ts';
import { valueAt } from '../support/chart/address.ts';
import { serveApi } from '../support/api.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

test("KEDA's question about a pool is answered by the API, with the number where KEDA looks for it", async () => {
  const manifests = await renderChart({
    apiToken: { existingSecret: 'mine' },
    workers: {
      pools: { mail: { queues: ['post:3', 'default'], concurrency: 7, autoscaling: { type: 'keda', minReplicas: 0 } } },
    },
  });
  const trigger = valueAt(
    find(manifests, 'ScaledObject', 'bt-belfry-worker-mail'),
    'spec.triggers[0].metadata',
  ) as Record<string, string>;
  const url = new URL(trigger['url'] ?? '');
  expect(url.origin).toBe('http://bt-belfry-api.ops.svc:7466');
  expect(trigger).toMatchObject({ targetValue: '7', authMode: 'bearer' });

  const engine = await openEngine({
    target: redis.target,
    jobs: [job('mail', { queue: 'post' }), job('other', { queue: 'else' })],
  });
  const { ask } = await serveApi(engine);
  await engine.client.enqueueMany('mail', [1, 2, 3]);
  await engine.client.enqueueMany('other', [1]);
  // No worker has ever been there: a pool at zero must be woken all the same.
  const { status, body } = await ask('GET', `${url.pathname.replace('/api/v1', '')}${url.search}`);
  expect(status).toBe(200);
  expect(valueAt(body, trigger['valueLocation'] ?? '')).toBe(3);
});
