import { describe, expect, test } from 'vitest';
import { serveApi, TOKEN } from '../support/api.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function serve() {
  const untilAborted = ({ signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  const engine = await openEngine({ target: redis.target, jobs: [job('partners/mail', { run: untilAborted })] });
  const { ask } = await serveApi(engine);
  const cancel = (id: string, token = TOKEN) => {
    const path = `/runs/${encodeURIComponent(id)}/cancel`;
    return ask('POST', path, undefined, `Bearer ${token}`);
  };
  return { engine, cancel };
}

describe('a run that is cancelled over HTTP', () => {
  test('is taken away while it waits, and cannot be cancelled twice', async () => {
    const { engine, cancel } = await serve();
    const id = await engine.client.enqueue('partners/mail', null, { id: 'partners/mail:7', delay: '1h' });
    expect(await cancel(id)).toEqual({ status: 200, body: { run: { id, answer: 'cancelled' } } });
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'cancelled' });
    expect(await cancel(id)).toMatchObject({ status: 400, body: { error: { code: 'BAD_USAGE' } } });
  });

  test('is stopped while it runs', async () => {
    const { engine, cancel } = await serve();
    await engine.startWorker();
    const id = await engine.client.enqueue('partners/mail');
    await engine.hears('run.started');
    expect(await cancel(id)).toEqual({ status: 200, body: { run: { id, answer: 'stopping' } } });
    await engine.hears('run.finished', ({ outcome }) => outcome === 'cancelled');
  });

  test('is not cancelled without the token, nor where there is none of its id', async () => {
    const { engine, cancel } = await serve();
    const id = await engine.client.enqueue('partners/mail');
    expect((await cancel(id, 'wrong')).status).toBe(401);
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'ready' });
    expect(await cancel('none')).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
  });
});
