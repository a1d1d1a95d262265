import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobDefinition } from '../../src/core/definition.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (jobs: JobDefinition[], namespace?: string): Promise<Engine> =>
  openEngine({ target: redis.target, jobs, ...(namespace === undefined ? {} : { namespace }) });

const started = (engine: Engine): string[] => engine.said('run.started').map(({ run }) => run);

describe('a worker', () => {
  test('never has more runs under way than slots, and fills them all', async () => {
    let live = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      live += 1;
      most = Math.max(most, live);
      await new Promise((resolve) => setImmediate(resolve));
      live -= 1;
    };
    const engine = await open([job('work', { run })]);
    await engine.client.enqueueMany('work', new Array<null>(3_000).fill(null));
    await engine.startWorker({ concurrency: 20 });
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(3_000), { timeoutMs: 15_000 });
    expect(most).toBe(20);
  });

  test('takes runs of its queues only', async () => {
    const engine = await open([
      job('mail', { queue: 'mail' }),
      job('report', { queue: 'reports' }),
      job('other', { queue: 'other' }),
    ]);
    const [mail, report, other] = await Promise.all(
      ['mail', 'report', 'other'].map((name) => engine.client.enqueue(name)),
    );
    await engine.startWorker({ queues: ['mail', 'reports'] });
    await eventually(() => expect(started(engine).sort()).toEqual([mail as string, report as string].sort()));
    expect(await engine.client.runs.get(other as string)).toMatchObject({ state: 'ready' });
  });

  test('leaves runs of a job that it has no code for to a worker that has', async () => {
    const old = job('old');
    const fresh = job('fresh');
    const engine = await open([old, fresh]);
    const id = await engine.client.enqueue('fresh');
    await engine.startWorker({ jobs: [old] });
    const known = await engine.client.enqueue('old');
    await engine.hears('run.finished', ({ run }) => run === known);
    expect(await engine.client.runs.get(id)).toMatchObject({ state: 'ready' });
    expect((await engine.client.overview()).queues).toMatchObject([{ queue: 'default', ready: 1 }]);
    await engine.startWorker({ jobs: [old, fresh] });
    await engine.hears('run.finished', ({ run }) => run === id);
  });

  test('takes over new code while it runs', async () => {
    const fresh = job('fresh');
    const engine = await open([job('old'), fresh]);
    const id = await engine.client.enqueue('fresh');
    const worker = await engine.startWorker({ jobs: [job('old')] });
    worker.setJobs([job('old'), fresh]);
    const finished = await engine.hears('run.finished', ({ run }) => run === id);
    expect(finished).toMatchObject({ job: 'fresh', outcome: 'succeeded' });
  });

  test('runs an attempt under the policy that its run was created with', async () => {
    const fail = (attempts: number): JobDefinition =>
      job('work', {
        retry: { attempts, backoff: { initial: 1, max: 1 } },
        run: () => {
          throw new Error('no');
        },
      });
    const engine = await open([fail(1)]);
    const before = await engine.client.enqueue('work');
    await engine.client.apply([fail(2)]);
    await engine.startScheduler();
    await engine.startWorker({ jobs: [fail(2)] });
    await engine.hears('run.finished', ({ run }) => run === before);
    expect(engine.said('run.retrying')).toEqual([]);
  });

  test('shows itself with its slots, and how busy it is', async () => {
    let finish = (): void => undefined;
    const engine = await open([job('work', { run: () => new Promise<void>((resolve) => (finish = resolve)) })]);
    await engine.startWorker({ concurrency: 7, queues: ['default'] });
    await engine.client.enqueue('work');
    await engine.hears('run.started');
    await eventually(async () => {
      const { workers, running } = await engine.client.overview();
      expect(workers).toMatchObject([
        { pool: 'default', slots: 7, busy: 1, jobs: 1, queues: ['default'], state: 'running' },
      ]);
      expect(running).toBe(1);
    });
    finish();
  });
});

describe('a claim whose answer was lost', () => {
  test('is handed back, uncounted, as soon as Redis answers again', async () => {
    const own = await startRedis();
    let end = (): void => undefined;
    const run = () => new Promise<void>((resolve) => (end = resolve));
    const engine = await openEngine({
      target: own.target,
      jobs: [job('work', { run })],
      config: { runLeaseMs: 60_000 },
    });
    await engine.startWorker({ concurrency: 1 });
    const busy = await engine.client.enqueue('work');
    await engine.hears('run.started');
    const lost = await engine.client.enqueue('work');
    const worker = await eventually(async () => {
      const [shown] = (await engine.client.overview()).workers;
      if (!shown) throw new Error('the worker has not said yet that it lives');
      return shown;
    });
    // Redis has given the worker a run that the worker never heard of.
    const { runs } = engine.store.of('work');
    await runs.claim(
      { worker: worker.id, leaseMs: 60_000, want: 1, code: worker.code, queues: ['default'] },
      { count: 9, bytes: 1e6 },
    );
    expect(await engine.client.runs.get(lost)).toMatchObject({ state: 'running' });
    await cutControl(own, engine);
    end();
    await engine.hears('worker.claim_failed');
    await eventually(() => expect(started(engine)).toEqual([busy, lost]), { timeoutMs: 8_000 });
    expect(await engine.client.runs.get(lost)).toMatchObject({ state: 'running', run: { attempts: 0, crashes: 0 } });
    end();
    await engine.hears('run.finished', ({ run: id }) => id === lost);
  });
});

/** Cuts the control connection of an engine and waits until the engine has noticed. */
async function cutControl(own: TestRedis, engine: Engine): Promise<void> {
  const admin = new Redis({ path: own.path });
  onTestFinished(() => admin.disconnect());
  const list = (await admin.client('LIST')) as string;
  const control = list.split('\n').find((line) => / name=belfry:test:\d+ /.test(line));
  await admin.client('KILL', 'ID', /^id=(\d+)/.exec(control ?? '')?.[1] as string);
  await engine.hears('redis.lost');
}

describe('an idle system', () => {
  /** Scripts and blocking reads that processes have sent; the commands inside scripts are counted under other names. */
  async function callsTo(admin: Redis): Promise<number> {
    const stats = await admin.info('commandstats');
    return [...stats.matchAll(/cmdstat_(?:evalsha|eval|blpop):calls=(\d+)/g)].reduce(
      (sum, [, calls]) => sum + Number(calls),
      0,
    );
  }

  test('asks a few times a second, and yet starts a run at once', async () => {
    const own = await startRedis();
    const admin = new Redis({ path: own.path });
    onTestFinished(() => admin.disconnect());
    const engine = await openEngine({ target: own.target, jobs: [job('work')] });
    await engine.startScheduler();
    await engine.startWorker();
    await engine.hears('leader.elected');
    await eventually(async () => expect(await admin.client('LIST')).toMatch(/cmd=blpop/));
    await admin.config('RESETSTAT');
    const ticks = engine.said('tick.done').length;
    await eventually(() => expect(engine.said('tick.done').length).toBeGreaterThanOrEqual(ticks + 3));
    expect(await callsTo(admin)).toBeLessThan(3 * 15);
    await admin.config('RESETSTAT');
    const id = await engine.client.enqueue('work');
    const { waitMs } = await engine.hears('run.started', ({ run }) => run === id);
    expect(waitMs).toBeLessThan(1_000);
  });

  test('gives each run to one worker of several', async () => {
    const engine = await open([job('work')]);
    for (let i = 0; i < 3; i += 1) await engine.startWorker({ concurrency: 1 });
    const ids = await Promise.all(Array.from({ length: 9 }, () => engine.client.enqueue('work')));
    await eventually(() => expect(engine.said('run.finished')).toHaveLength(9));
    expect(started(engine).sort()).toEqual(ids.sort());
  });
});
