import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { afterCrash } from '../../src/core/attempt_end.ts';
import type { Settlement } from '../../src/core/run.ts';
import { firstIdOf } from '../../src/core/run_ids.ts';
import { catchUpId, type BackfillSpec } from '../../src/core/backfill.ts';
import { createFleetReader } from '../../src/client/fleet_reader.ts';
import { packHead, unpackSchedule } from '../../src/core/stored_schedule.ts';
import type { CommitTerms } from '../../src/store/schedules.ts';
import type { ShardStore, Store } from '../../src/store/store.ts';
import { renewLeases } from '../../src/store/runs.ts';
import { createJobReader, readWaiting } from '../../src/store/job_readings.ts';
import { readOverview } from '../../src/store/overview.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { workerInfo } from '../support/listed_workers.ts';
import { liveThroughFormats } from './format_life.ts';
import { liveThroughKin } from './kin_life.ts';
import { startCluster } from '../support/redis_cluster.ts';
import { liveThroughBulk } from './bulk_life.ts';

const cluster = await startCluster({ masters: 3 });
const SHARDS = 8;
const config = { shards: SHARDS };
const KEEP = { count: 100, bytes: 1e6 };

/** Scripts that were run, with the shard's clock untouched: as production runs them. */
const scripts = readdirSync(new URL('../../src/store/lua/', import.meta.url))
  .filter((file) => !file.startsWith('_'))
  .map((file) => file.replace('.lua', ''));

function recordCalls(engine: Engine): Set<string> {
  const called = new Set<string>();
  engine.events.on('redis.called', ({ script }) => called.add(script));
  return called;
}

/** One job's life on one shard, through every script that a client or a worker runs. */
async function liveThroughRuns({ runs, history }: ShardStore, name: string): Promise<void> {
  const lane = `5:${name}`;
  const group = {
    queue: 'cl',
    lane,
    delayMs: 0,
    head: `${name} cl 5 p 0 0 0 `,
    firstId: firstIdOf(uuidv7(), name),
    payloads: ['1', '2', '3'],
  };
  const waiting = `${name}-waiting`;
  await runs.publishCode(`code-${name}`, [name], 60_000);
  await runs.enqueue([group], 'fresh');
  await runs.enqueue([{ ...group, delayMs: 60_000, firstId: waiting, payloads: ['4'] }], 'own');
  await runs.promote(10);
  const claim = { worker: 'w', leaseMs: 60_000, want: 2, code: `code-${name}`, queues: ['cl'] };
  const { attempts } = await runs.claim(claim, KEEP);
  expect(attempts).toHaveLength(2);
  const held = attempts.map(({ run, token }) => ({ id: run.id, token }));
  const [first, second] = held as [{ id: string; token: string }, { id: string; token: string }];
  expect(await runs.heldBy('w')).toHaveLength(2);
  expect(await runs.appendLog(first, 'x\n', { bytes: 100, ms: 60_000 })).toBe('appended');
  expect(await runs.setProgress(first, 0.5)).toBe('set');
  expect(await runs.setNote(first, { field: 'checkpoint', value: '1', most: 9 })).toBe('noted');
  const end = (outcome: 'succeeded' | 'dead'): Settlement => ({ outcome, bodyJson: '{}', logged: false });
  const settled = await runs.settle(
    [
      { ...first, settlement: end('succeeded') },
      { ...second, settlement: end('dead') },
    ],
    KEEP,
    { ...claim, want: 1, leaseMs: 0 },
  );
  expect(settled.settled).toEqual([true, true]);
  expect(settled.claim?.attempts).toHaveLength(1);
  const letter = await history.finished(second.id);
  if (!letter) throw new Error('the dead letter is not kept');
  await runs.redrive(letter, `${name}-again`, KEEP);
  expect(await runs.cancel(waiting, '', KEEP)).toEqual({ answer: 'cancelled' });
}

/** The scripts of a leader. */
async function lead(store: ShardStore, name: string): Promise<void> {
  const { runs, schedules, leadership, history, limits, unique, shard } = store;
  const { epoch } = await leadership.take('leader', '{}');
  expect(await leadership.reconciled(epoch)).toBe('reconciled');
  const { attempts } = await runs.expired(10);
  const reaped = attempts.map(({ run, token, worker }) => ({ id: run.id, token, settlement: afterCrash(run, worker) }));
  expect(await runs.reap(epoch, reaped, KEEP)).toEqual([true]);
  await schedules.save([{ id: name, before: undefined, after: '1 5 - - {"e":1000}', due: 5 }]);
  await schedules.due(10);
  const schedule = unpackSchedule(name, '1 5 - - {"e":1000}');
  const place = { job: name, queue: 'cl', lane: `5:${name}`, head: `${name} cl 5 p 0 0 0 ` };
  const newHead = packHead({ ...schedule, next: 6, last: 5 });
  const entry = {
    id: name,
    expectedHead: packHead(schedule),
    newHead,
    due: 6,
    verdicts: 'fired 5',
    place,
    fire: { fireTime: 5, how: 'ready' as const },
    payloadJson: 'null',
  };
  const terms = { epoch, ledgerCount: 10, freezes: '', retention: KEEP };
  expect(await schedules.fire(terms, [entry])).toEqual([true]);
  await backfill(store, name, terms);
  const trigger = {
    schedule: name,
    overlap: 'allow' as const,
    queue: 'cl',
    lane: `5:${name}`,
    runId: `${name}-hand`,
    packed: `${place.head}null`,
    retention: KEEP,
  };
  expect(await schedules.trigger(trigger)).toEqual({ answer: 'triggered' });
  const [value = ''] = await schedules.read([name]);
  expect(await schedules.quarantine(epoch, name, value, '{}')).toBe('quarantined');
  expect(await history.prune(epoch, name, { ageMs: 1e9, deadAgeMs: 1e9, deadCount: 10 })).toBe(0);
  expect(await renewLeases(shard, 1_000, [{ id: 'x', token: '1' }])).toBe('0');
  const key = { key: `job:${name}`, field: `job:${name}` };
  expect(await limits.set(key, { concurrency: 3 })).toBe('set');
  expect(await limits.hold(key, 1_000)).toBeGreaterThan(0);
  expect(await limits.states([key])).toMatchObject([{ by: 'operator', running: 0 }]);
  expect(await limits.prune(epoch, { keys: [key.key], repairs: new Map(), revision: '0' })).toMatchObject({ keys: 0 });
  const once = { ids: 'fresh', rule: { mode: 'throttle', forMs: 1_000 }, delayMs: 0 } as const;
  const packed = `${name} cl 5+ p 0 0 0 u=tkey null`;
  expect(await unique.enqueue(once, [{ id: `${name}-once`, packed }])).toMatchObject([{ outcome: 'enqueued' }]);
  expect(await unique.expire(epoch, 10, KEEP)).toEqual({ ended: [], looked: 0 });
  expect(await leadership.resign(epoch)).toBe('resigned');
  expect(await readOverview(shard, [`code-${name}`])).toMatchObject({ schedules: 1, quarantined: 1 });
  expect(await createJobReader(shard)(['unknown'])).toMatchObject([{ schedule: undefined, due: undefined }]);
  expect(await readWaiting(shard, [`${name}-once`, 'never'])).toEqual(new Set([`${name}-once`]));
}

/** A worker, what it is told, and a restart in waves, which live on shard 0. */
async function liveThroughRestart({ workers, restarts }: Store): Promise<void> {
  const info = workerInfo({ id: 'w' });
  await workers.beat(info, 60_000);
  await workers.tell('w', 'cancel id 1');
  expect(await workers.order(['w', 'gone'], { by: 'ada' })).toEqual(['told', 'gone']);
  expect(await workers.beat(info, 60_000)).toEqual({ by: 'ada' });
  const change = { driver: 'd', leaseMs: 1_000, revision: 0, restart: undefined };
  expect(await restarts.save(change)).toEqual({ answer: 'saved', revision: 0 });
}

/** The scripts behind what people change. */
async function control({ changes, calendars, freezes, marks, schedules }: ShardStore, name: string): Promise<void> {
  const [id, value] = [`${name}:key`, '1 5 - - {"e":1000}'];
  expect(await schedules.save([{ id, before: undefined, after: value, due: 5 }])).toEqual([true]);
  const gone = { change: { id, before: value, after: undefined, due: undefined }, pause: undefined, verdicts: [] };
  expect(await changes.control([gone], 10)).toEqual([true]);
  expect(await calendars.save(new Map([['holidays', { d: ['2026-12-25'] }]]))).toEqual(['holidays']);
  const freeze = { id: 'f', from: 0, until: 1, by: 'ops', why: 'release' };
  expect(await freezes.save(await freezes.read(), [freeze])).toBe('saved');
  expect(await freezes.save(await freezes.read(), [])).toBe('saved');
  expect(await marks.job(name)).toBe('gone');
  expect(await marks.run('gone', KEEP)).toBe('gone');
}

async function backfill({ backfills, runs }: ShardStore, schedule: string, terms: CommitTerms): Promise<void> {
  const id = catchUpId(schedule, 1);
  const range = { schedule, kind: 'catch-up' as const, from: 1, to: 2, overlap: 'allow' as const };
  const spec: BackfillSpec = { ...range, rate: [60, 60_000], ruleJson: '{"e":1000}', at: 0 };
  expect(await backfills.create({ id, cursor: 1, released: 0, spec })).toBe(true);
  const [due] = (await backfills.due(10)).due;
  if (!due) throw new Error('the backfill is not due');
  const place = { job: schedule, queue: 'cl', lane: `0:${schedule}`, head: `${schedule} cl 0 p 0 0 0 ` };
  const run = { runSuffix: '', payloadJson: 'null', runs: 'apart' as const };
  const entry = { id, expectedValue: due.value, newValue: undefined, due: 0, schedule, expectedHead: due.head };
  const released = [{ ...entry, ...run, place, verdicts: 'caught-up 1', fireTimes: [1] }];
  expect(await backfills.fire(terms, released)).toEqual([true]);
  expect(await runs.followEnds(['gone'], [], KEEP)).toBe(0);
}

test('every script runs on a Cluster, on each of eight shards over three masters', async () => {
  const engine = await openEngine({ target: cluster.target, namespace: 'scripts', config });
  const called = recordCalls(engine);
  for (const store of engine.store.shards) {
    const name = `job${String(store.shard.index)}`;
    await store.jobs.save([], []);
    await liveThroughRuns(store, name);
    await control(store, name);
    await liveThroughKin(store, name);
    await liveThroughBulk(store, name);
    await lead(store, name);
  }
  await liveThroughRestart(engine.store);
  await liveThroughFormats(engine.store);
  expect(
    await engine.store.replicas.beat(
      { id: 'replica', host: 'test', pid: 1, version: '0', tzVersion: '2025b', state: 'able' },
      60_000,
    ),
  ).toHaveLength(1);
  expect([...called].sort()).toEqual(scripts.sort());
}, 30_000);

test('schedules fire and runs succeed on every shard, with one leader each', async () => {
  const jobs = Array.from({ length: 40 }, (_, index) => job(`tick${String(index)}`, { schedule: { every: '1s' } }));
  const engine = await openEngine({ target: cluster.target, namespace: 'flow', config, jobs });
  const spread = new Set(jobs.map(({ name }) => engine.store.of(name).shard.index));
  expect(spread.size).toBe(SHARDS);
  const scheduler = await engine.startScheduler();
  await engine.startWorker();
  await eventually(() => expect(scheduler.leads()).toHaveLength(SHARDS), { timeoutMs: 15_000 });
  await eventually(
    () => {
      const done = new Set(engine.said('run.finished').map(({ job: name }) => name));
      expect(done.size).toBe(jobs.length);
    },
    { timeoutMs: 15_000 },
  );
  const ids = await Promise.all(jobs.map(({ name }) => engine.client.enqueue(name, name)));
  await eventually(() => {
    const done = new Set(engine.said('run.finished').map(({ run }) => run));
    expect(ids.every((id) => done.has(id))).toBe(true);
  });
  expect(engine.said('tick.failed')).toEqual([]);
  // As a scrape reads it: each primary once, all jobs, a leader for each shard.
  const fleet = await createFleetReader(engine.store)();
  expect(fleet.redis.map(({ node, mode }) => [node, mode])).toEqual(['0', '1', '2'].map((node) => [node, 'cluster']));
  expect(fleet.jobs.map(({ record }) => record.name)).toEqual(jobs.map(({ name }) => name).sort());
  expect(fleet.overview.leads.filter(({ leader }) => leader !== undefined)).toHaveLength(SHARDS);
}, 60_000);

test('the loss of one master with all it held stops its shards only, and they are rebuilt when it is back', async () => {
  const own = await startCluster({ masters: 3 });
  const jobs = Array.from({ length: 24 }, (_, index) =>
    job(`tick${String(index)}`, { schedule: { every: '1s', overlap: 'allow' } }),
  );
  const engine = await openEngine({ target: own.target, namespace: 'loss', config, jobs });
  const scheduler = await engine.startScheduler(async () => void (await engine.client.apply(jobs)));
  await engine.startWorker();
  await eventually(() => expect(scheduler.leads()).toHaveLength(SHARDS), { timeoutMs: 15_000 });
  await own.kill(1);
  await eventually(() => expect(scheduler.leads().length).toBeLessThan(SHARDS), { timeoutMs: 15_000 });
  await own.restart(1);
  await eventually(() => expect(scheduler.leads()).toHaveLength(SHARDS), { timeoutMs: 30_000 });
  const fired = engine.said('schedule.verdict').length;
  await eventually(
    () => {
      const names = new Set(
        engine
          .said('schedule.verdict')
          .slice(fired)
          .map(({ job: name }) => name),
      );
      expect(names.size).toBe(jobs.length);
    },
    { timeoutMs: 15_000 },
  );
}, 90_000);
