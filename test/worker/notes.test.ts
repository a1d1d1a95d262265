import { describe, expect, test } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { jobText } from '../support/isolated_job.ts';
import { makeJobsFolder } from '../support/jobs_folder.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const retry = { attempts: 3, backoff: { initial: 1, max: 1 } };

async function open(spec: Partial<JobSpec>, file?: string): Promise<Engine> {
  const engine = await openEngine({ target: redis.target, jobs: [job('work', { retry, ...spec }, file)] });
  await engine.startScheduler();
  return engine;
}

async function finished(engine: Engine, id: string) {
  await engine.hears('run.finished', ({ run }) => run === id);
  return engine.client.runs.get(id);
}

const notesIn = async (engine: Engine, id: string) => engine.store.of('work').runs.notes(id);

describe('what an attempt notes', () => {
  test('is there for the next one: its checkpoint and the effects that it completed', async () => {
    const seen: unknown[] = [];
    const effects: string[] = [];
    const engine = await open({
      async run({ attempt, checkpoint, checkpointed, once }) {
        seen.push(checkpointed);
        const receipt = await once('charge', (key) => {
          effects.push(key);
          return `receipt ${String(attempt)}`;
        });
        await checkpoint({ row: attempt * 10 });
        if (attempt < 3) throw new Error('again');
        return receipt;
      },
    });
    await engine.startWorker();
    const id = await engine.client.enqueue('work');
    expect(await finished(engine, id)).toMatchObject({ state: 'succeeded', result: 'receipt 1' });
    expect(seen).toEqual([undefined, { row: 10 }, { row: 20 }]);
    expect(effects).toEqual([`${id}:charge`]);
    expect(await notesIn(engine, id)).toEqual({});
  });

  test('is stored before a failed attempt is settled, though nobody awaited it', async () => {
    const seen: unknown[] = [];
    const engine = await open({
      run({ attempt, checkpoint, checkpointed }) {
        seen.push(checkpointed);
        for (let row = 0; row < 500; row += 1) void checkpoint(row);
        if (attempt === 1) throw new Error('again');
      },
    });
    await engine.startWorker();
    await finished(engine, await engine.client.enqueue('work'));
    expect(seen).toEqual([undefined, 499]);
  });

  test('survives a deploy: the attempt that is handed back goes on elsewhere where it was', async () => {
    const seen: unknown[] = [];
    const engine = await open({
      run: async ({ checkpoint, checkpointed, signal }) => {
        seen.push(checkpointed);
        if (checkpointed !== undefined) return checkpointed;
        // The position is written when the worker says that it goes.
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await checkpoint('half');
        throw signal.reason as Error;
      },
    });
    const worker = await engine.startWorker();
    const id = await engine.client.enqueue('work');
    await eventually(() => expect(seen).toHaveLength(1));
    await worker.stop();
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'ready', run: { attempts: 0 } });
    await engine.startWorker();
    expect(await finished(engine, id)).toMatchObject({ state: 'succeeded', result: 'half' });
    expect(seen).toEqual([undefined, 'half']);
  });

  test('goes with a dead letter to the run that is made of it, with the same idempotency keys', async () => {
    const keys: string[] = [];
    let isMended = false;
    const engine = await open({
      retry: { attempts: 1 },
      async run({ once }) {
        await once('first', (key) => void keys.push(key));
        return once('second', (key) => {
          keys.push(key);
          if (!isMended) throw new Error('broken');
          return 'done';
        });
      },
    });
    await engine.startWorker();
    const id = await engine.client.enqueue('work');
    expect(await finished(engine, id)).toMatchObject({ state: 'dead' });
    isMended = true;
    const again = await engine.client.runs.retry(id);
    expect(await finished(engine, again)).toMatchObject({ state: 'succeeded', result: 'done' });
    expect(keys).toEqual([`${id}:first`, `${id}:second`, `${id}:second`]);
  });

  test('is tried again while Redis does not answer: the effect is not repeated', async () => {
    const own = await startRedis();
    let count = 0;
    const engine = await openEngine({
      target: own.target,
      jobs: [
        job('work', {
          retry,
          async run({ once }) {
            return once('effect', () => {
              own.freeze();
              setTimeout(own.thaw, 1_700);
              return (count += 1);
            });
          },
        }),
      ],
      config: { runLeaseMs: 8_000 },
    });
    await engine.startWorker();
    const id = await engine.client.enqueue('work');
    expect(await finished(engine, id)).toMatchObject({ state: 'succeeded', result: 1, run: { failures: 0 } });
    expect(count).toBe(1);
  });

  test('is refused once the run is taken from its worker', async () => {
    let outcome: unknown;
    const engine = await open({
      async run({ checkpoint, run: { id } }) {
        await engine.store.of('work').shard.connection.hset(engine.store.of('work').shard.key('running'), id, '1 x 0');
        outcome = await checkpoint(1).catch((error: unknown) => error);
      },
    });
    await engine.startWorker();
    await engine.client.enqueue('work');
    await engine.hears('attempt.fenced', ({ kind }) => kind === 'note');
    await eventually(() => expect(outcome).toMatchObject({ code: 'LEASE_LOST' }));
  });

  test.each(['thread', 'process'] as const)('is kept for one in a %s of its own', async (isolation) => {
    const body = `
      const receipt = await once('charge', (key) => key + ' by attempt ' + attempt);
      if (attempt === 1) { checkpoint(41); checkpoint(42); throw new Error('again'); }
      return [receipt, context.checkpointed];`;
    const engine = await open({ isolation }, makeJobsFolder({ 'work.ts': jobText(body.trimStart()) }).file('work.ts'));
    await engine.startWorker();
    const id = await engine.client.enqueue('work');
    expect(await finished(engine, id)).toMatchObject({ result: [`${id}:charge by attempt 1`, 42] });
  });
});

test('only a run that has notes is asked for them', async () => {
  const engine = await open({
    async run({ attempt, payload, checkpoint }) {
      if (payload === 'noted') await checkpoint(1);
      if (attempt === 1) throw new Error('again');
    },
  });
  const asked: string[] = [];
  const { notes } = engine.store.of('work').runs;
  engine.store.of('work').runs.notes = (id) => {
    asked.push(id);
    return notes(id);
  };
  await engine.startWorker();
  const [plain, noted] = await Promise.all([engine.client.enqueue('work'), engine.client.enqueue('work', 'noted')]);
  await finished(engine, plain);
  await finished(engine, noted);
  expect(asked).toEqual([noted]);
});
