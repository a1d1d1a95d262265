import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { RateLimitedError } from '../../src/core/rate_limited.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { runText } from '../support/isolated_job.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

async function open(spec: Partial<JobSpec>): Promise<Engine> {
  const jobs = [job('push', { fairness: 'partner:{partner}', retry: { attempts: 1 }, ...spec })];
  const engine = await openEngine({ target: redis.target, jobs });
  await engine.startScheduler();
  await engine.startWorker();
  return engine;
}

/** Enqueues a run for partner x and answers how it was sent back. */
async function sendBack(engine: Engine) {
  const id = await engine.client.enqueue('push', { partner: 'x' });
  await engine.hears('run.released', ({ run }) => run === id);
  const view = await engine.client.runs.get(id);
  return { id, view, limit: await engine.client.limits.get('partner:x') };
}

const refuse = (): never => {
  throw Object.assign(new Error('too many'), { status: 429, headers: { 'retry-after': '3600' } });
};

describe('a handler that says its partner takes no more', () => {
  test('sends its run back uncounted, and holds the first key of its payload for everybody', async () => {
    const engine = await open({ run: ({ rateLimited }) => rateLimited('1h') });
    const { id, view, limit } = await sendBack(engine);
    expect(view).toMatchObject({ kind: 'live', state: 'ready', run: { attempts: 0, failures: 0 } });
    const inMs = (limit.heldUntil ?? 0) - Date.now();
    expect(inMs).toBeGreaterThan(3_500_000);
    expect(inMs).toBeLessThanOrEqual(3_600_000);
    const other = await engine.client.enqueue('push', { partner: 'x' });
    expect((await engine.client.explain.run(other)).reasons[0]).toMatchObject({
      kind: 'rate-limited',
      key: 'partner:x',
      why: 'held',
    });
    expect((await engine.client.runs.log(id, 0)).text).toContain(
      'partner:x takes no more: nothing of it starts for 1h',
    );
  });

  test('goes on when the hold is over', async () => {
    let calls = 0;
    const engine = await open({
      run: ({ rateLimited, attempt }) => {
        calls += 1;
        if (calls === 1) rateLimited('partner:x', '1s');
        return attempt;
      },
    });
    const { id } = await sendBack(engine);
    await engine.hears('run.finished', ({ run }) => run === id);
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'succeeded', result: 1 });
  });

  test('fails where it names a key that its run has not', async () => {
    const engine = await open({ run: ({ rateLimited }) => rateLimited('partner:y', '1h') });
    const id = await engine.client.enqueue('push', { partner: 'x' });
    await engine.hears('run.finished', ({ run }) => run === id);
    expect(await engine.client.runs.get(id)).toMatchObject({
      state: 'dead',
      error: { code: 'BAD_USAGE', message: 'rateLimited names the key "partner:y", which its run has not' },
    });
  });
});

describe('a handler that throws an answer with status 429', () => {
  test('does the same', async () => {
    const { limit, view } = await sendBack(await open({ run: refuse }));
    expect(view).toMatchObject({ state: 'ready', run: { attempts: 0, failures: 0 } });
    expect(limit.heldUntil).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test('fails where its job says so', async () => {
    const engine = await open({ run: refuse, on429: 'fail' });
    const id = await engine.client.enqueue('push', { partner: 'x' });
    await engine.hears('run.finished', ({ run }) => run === id);
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'dead', error: { message: 'too many' } });
  });
});

describe.each(['thread', 'process'] as const)('in a %s of its own', (kind) => {
  test('what the handler said comes out as it was said', async () => {
    const { result } = runText({ kind, body: `context.rateLimited('partner:x', '30s');` });
    await expect(result).rejects.toBeInstanceOf(RateLimitedError);
    await expect(result).rejects.toMatchObject({ key: 'partner:x', retryAfterMs: 30_000 });
  });

  test('an answer with status 429 keeps its Retry-After', async () => {
    const response = `{ status: 429, headers: new Headers({ 'retry-after': '12' }) }`;
    const { result } = runText({ kind, body: `throw Object.assign(new Error('no'), { response: ${response} });` });
    await expect(result).rejects.toMatchObject({ message: 'no', status: 429, headers: { 'retry-after': '12' } });
  });
});
