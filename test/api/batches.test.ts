import { describe, expect, test } from 'vitest';
import { serveApi, type Ask } from '../support/api.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve(): Promise<{ ask: Ask; engine: Engine }> {
  const engine = await openEngine({ target: redis.target, jobs: [job('poll'), job('report', { after: ['poll'] })] });
  return { ask: (await serveApi(engine)).ask, engine };
}

describe('the API of batches', () => {
  test('creates one, adds to it, closes, lists, shows and cancels it', async () => {
    const { ask, engine } = await serve();
    const created = await ask('POST', '/batches', {
      runs: [{ job: 'poll', payload: { n: 1 } }],
      callbacks: { complete: { job: 'report' } },
      description: 'polls',
      state: 'open',
    });
    expect(created).toMatchObject({
      status: 201,
      body: { batch: { state: 'open', total: 1, description: 'polls', callbacks: { success: null } } },
    });
    const { id } = created.body['batch'] as { id: string };
    const added = await ask('POST', `/batches/${id}/runs`, { runs: [{ job: 'poll', delay: '1h', priority: 9 }] });
    expect(added.status).toBe(201);
    const [run] = added.body['runs'] as string[];
    expect(await engine.client.runs.get(run as string)).toMatchObject({ state: 'waiting', run: { priority: 9 } });
    expect(await ask('POST', `/batches/${id}/close`)).toMatchObject({
      status: 200,
      body: { batch: { state: 'closed' } },
    });
    expect(await ask('POST', `/batches/${id}/runs`, { runs: [{ job: 'poll' }] })).toMatchObject({
      status: 400,
      body: { error: { code: 'BAD_USAGE' } },
    });
    expect(await ask('GET', '/batches?limit=1')).toMatchObject({ body: { batches: [{ id, total: 2 }] } });
    expect(await ask('POST', `/batches/${id}/cancel`)).toMatchObject({ body: { batch: { state: 'cancelled' } } });
    expect(await ask('GET', `/batches/${id}`)).toMatchObject({ body: { batch: { id } } });
    expect(await ask('GET', '/batches/nobody')).toMatchObject({ status: 404 });
  });

  test('refuses what it does not know', async () => {
    const { ask } = await serve();
    expect(await ask('POST', '/batches', { run: [] })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/batches', { runs: [{ job: 'nobody' }] })).toMatchObject({ status: 404 });
    expect(await ask('GET', '/batches')).toMatchObject({ status: 200, body: { batches: [] } });
  });
});

test('the API shows which jobs come after which', async () => {
  const { ask } = await serve();
  expect(await ask('GET', '/jobs/graph')).toMatchObject({
    status: 200,
    body: {
      jobs: [
        { job: 'poll', after: [] },
        { job: 'report', after: ['poll'], need: 'all' },
      ],
    },
  });
});
