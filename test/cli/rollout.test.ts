import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ask, askJson } from '../support/desk.ts';
import { makePlace } from '../support/belfry_process.ts';
import { job, openEngine } from '../support/engine.ts';
import { serveApi } from '../support/api.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const OLD = [job('both'), job('old')];
const NEW = [job('both'), job('new')];
let count = 0;

type Gate = { open: boolean; reasons: { check: string; says: string }[]; backlog: Record<string, number> };
type Status = {
  state: string;
  version: string | null;
  workers: { version: string; workers: number; draining: number }[];
  shards: { shard: number; leader: { version: string } | null }[];
  differing: { job: string; with: string[]; without: string[] }[];
  progress: Record<string, { done: number; all: number }>;
};

function open() {
  count += 1;
  const namespace = `rollout${String(count)}`;
  const place = makePlace({});
  const variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  return {
    engine: (deployment: string) => openEngine({ target: redis.target, namespace, config: { deployment } }),
    gate: (...words: string[]) => askJson<Gate>(['rollout', 'gate', '--every', '10ms', ...words], { place, variables }),
    say: (...words: string[]) => ask(['rollout', ...words], { place, variables }),
    status: (...words: string[]) => askJson<Status>(['rollout', 'status', ...words], { place, variables }),
  };
}

describe('belfry rollout', () => {
  test('shows versions, leaders, what drains and which jobs differ while two versions run side by side', async () => {
    const { engine, status, say } = open();
    const old = await engine('41');
    await old.client.apply(OLD);
    const scheduler = await old.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(1));
    await old.startWorker({ jobs: OLD });
    expect(await status()).toMatchObject({ state: 'settled', version: '41', differing: [] });

    const next = await engine('42');
    await next.startWorker({ jobs: NEW });

    const rolling = await eventually(async () => {
      const answer = await status();
      expect(answer.workers).toHaveLength(2);
      return answer;
    });
    expect(rolling).toMatchObject({
      state: 'rolling',
      version: '42',
      shards: [{ shard: 0, leader: { version: '41' } }],
      differing: [
        { job: 'new', with: ['42'], without: ['41'] },
        { job: 'old', with: ['41'], without: ['42'] },
      ],
      progress: { workers: { done: 1, all: 2 }, schedulers: { done: 0, all: 1 }, shards: { done: 0, all: 1 } },
    });
    const { out, code } = await say('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^workers +1 of 2 \(50 %\)$/m);
    expect(out).toContain('2 jobs differ between the versions');
    expect((await status('--of', '41')).progress['workers']).toEqual({ done: 1, all: 2 });
  });

  test('watches until everything has the version', async () => {
    const { engine, say } = open();
    const one = await engine('41');
    const scheduler = await one.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(1));
    expect(await say('status', '--watch')).toMatchObject({
      code: 0,
      out: expect.stringContaining('settled') as string,
    });
  });

  test('says that nothing has a version, and which there are; who watches waits for it, and so does the gate', async () => {
    const { engine, gate, say } = open();
    expect(await say('status', '--of', '42')).toMatchObject({
      code: 3,
      err: expect.stringContaining('none of any version does') as string,
    });
    const old = await engine('41');
    const scheduler = await old.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(1));
    const unknown = await say('status', '--of', '42');
    expect(unknown).toMatchObject({ code: 3, out: '' });
    expect(unknown.err).toMatch(/no worker or scheduler of version 42 lives[^]*there are: 41;/);
    expect(await say('status', '--of', '41')).toMatchObject({ code: 0 });

    const watching = say('status', '--of', '42', '--watch');
    expect((await gate('--of', '42')).reasons[0]?.says).toBe('no worker of version 42 takes runs');
    const waiting = gate('--of', '42', '--for', '1m');
    await scheduler.stop();
    const next = await engine('42');
    const successor = await next.startScheduler();
    await eventually(() => expect(successor.leads()).toHaveLength(1));
    await next.startWorker({ jobs: NEW });
    expect(await waiting).toMatchObject({ open: true });
    const watched = await watching;
    expect(watched).toMatchObject({ code: 0, err: '' });
    expect(watched.out).toMatch(/^state +settled$/m);
  });

  test('has a gate that names queued kinds without a worker in the version, and opens when they have one', async () => {
    const { engine, gate, say } = open();
    const old = await engine('41');
    await old.client.apply([...OLD, ...NEW]);
    const scheduler = await old.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(1));
    await old.startWorker({ jobs: OLD });
    await old.client.enqueue('new', 1);
    await old.client.enqueue('old', 1, { delay: '1h' });

    const closed = await gate('--of', '41');
    expect(closed).toMatchObject({ open: false, backlog: { default: 1 } });
    expect(closed.reasons.map(({ check }) => check)).toEqual(['code']);
    expect(closed.reasons[0]?.says).toContain('1 queued kind has no worker in version 41');
    expect(await say('gate', '--of', '41', '--every', '10ms')).toMatchObject({ code: 1 });

    const waiting = gate('--for', '1m');
    const next = await engine('42');
    await next.startWorker({ jobs: NEW });
    expect(await waiting).toMatchObject({ open: true, reasons: [] });
    expect((await gate('--of', '42')).reasons[0]?.says).toContain('old in queue default: 1 run');
  });

  test('has a gate that counts dead letters since the rollout began, and jobs that fail', async () => {
    const { engine, gate } = open();
    const failing = job('fails', {
      slo: { failures: 1 },
      retry: { attempts: 3, backoff: { type: 'fixed', initial: '1ms', jitter: 'none' } },
      run: () => {
        throw new Error('no');
      },
    });
    const one = await engine('41');
    await one.client.apply([failing]);
    const scheduler = await one.startScheduler();
    await eventually(() => expect(scheduler.leads()).toHaveLength(1));
    await one.startWorker({ jobs: [failing] });
    await one.client.enqueue('fails');
    await one.hears('run.finished', ({ outcome }) => outcome === 'dead');

    expect((await gate()).reasons.map(({ check }) => check)).toEqual(['dead', 'failing']);
    expect(await gate('--max-dead', '1', '--max-failing', '1')).toMatchObject({ open: true });
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await gate('--since', later)).toMatchObject({ open: true });
  });

  test('has a gate that is closed without a leader and without a worker, and refuses flags that make no sense', async () => {
    const { engine, gate, say } = open();
    await engine('41');
    expect((await gate()).reasons.map(({ check }) => check)).toEqual(['workers', 'leader']);
    expect(await say('gate', '--for', 'long')).toMatchObject({ code: 2 });
    expect(await say('gate', '--max-dead', 'x')).toMatchObject({ code: 2 });
    expect(await say('gate', '--since', 'yesterday')).toMatchObject({ code: 2 });
  });

  test('is told by the API', async () => {
    const { engine } = open();
    const one = await engine('41');
    await one.startWorker({ jobs: NEW });
    const { ask: askApi } = await serveApi(one);
    await eventually(async () => {
      expect(await askApi('GET', '/rollout')).toMatchObject({
        status: 200,
        body: { version: '41', workers: [{ pool: 'default', version: '41', workers: 1 }] },
      });
    });
  });
});
