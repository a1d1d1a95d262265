import { describe, expect, test } from 'vitest';
import type { Fleet, RolloutWorker } from '../../../src/core/rollout/fleet.ts';
import { judgeGate, type GateFacts } from '../../../src/core/rollout/gate.ts';
import type { KindCounts } from '../../../src/core/rollout/orphans.ts';

const NOW = 1_767_225_600_000;
const RULES = { maxDrainMs: 600_000, maxDead: 0, maxFailing: 0 };

const worker = (more: Partial<RolloutWorker> = {}): RolloutWorker => ({
  id: 'w1',
  pool: 'default',
  version: '42',
  queues: ['*'],
  code: 'new',
  revision: 'r',
  slots: 10,
  busy: 0,
  startedAt: NOW - 60_000,
  drainingSince: undefined,
  ...more,
});

const kind = (job: string, more: Partial<KindCounts> = {}): KindCounts => ({
  queue: 'default',
  job,
  ready: 0,
  waiting: 0,
  retrying: 0,
  running: 0,
  ...more,
});

const LEADER = { id: 'l', host: 'h', pid: 1, version: '42', since: NOW };
const fleet = (more: Partial<Fleet> = {}): Fleet => ({
  now: NOW,
  workers: [worker()],
  schedulers: [],
  shards: [{ shard: 0, leader: LEADER }],
  codes: new Map([
    ['new', new Set(['a', 'b'])],
    ['old', new Set(['a', 'b', 'gone'])],
  ]),
  ...more,
});

const facts = (more: Partial<GateFacts> = {}): GateFacts => ({
  fleet: fleet(),
  version: undefined,
  kinds: [],
  scheduled: [],
  backlog: { at: NOW, queues: new Map() },
  earlier: undefined,
  dead: 0,
  failing: [],
  ...more,
});

const checks = (more: Partial<GateFacts>, rules = RULES): string[] =>
  judgeGate(facts(more), rules).reasons.map(({ check }) => check);

describe('the gate of a rollout', () => {
  test('is open where every kind has a worker, every shard a leader, and nothing grows or fails', () => {
    expect(judgeGate(facts({ kinds: [kind('a', { ready: 3 })] }), RULES)).toEqual({ reasons: [], uncovered: [] });
  });

  test('names the queued kinds that have no worker in the version', () => {
    const workers = [worker({ id: 'old', version: '41', code: 'old' }), worker()];
    const kinds = [
      kind('gone', { ready: 2, retrying: 1 }),
      kind('never', { waiting: 4 }),
      kind('a', { queue: 'unserved', running: 1 }),
    ];
    const { reasons, uncovered } = judgeGate(
      facts({ fleet: fleet({ workers: workers.map((w) => ({ ...w, queues: ['default'] })) }), version: '42', kinds }),
      RULES,
    );
    expect(reasons.map(({ check }) => check)).toEqual(['code']);
    expect(reasons[0]?.says).toContain('3 queued kinds have no worker in version 42');
    expect(uncovered).toEqual([
      { queue: 'default', job: 'gone', runs: 3, why: 'unknown' },
      { queue: 'default', job: 'never', runs: 4, why: 'unknown' },
      { queue: 'unserved', job: 'a', runs: 1, why: 'unserved' },
    ]);
  });

  test('lets any live worker do where no version is asked for, but none that drains', () => {
    const kinds = [kind('gone', { ready: 1 })];
    const old = worker({ id: 'old', version: '41', code: 'old' });
    expect(checks({ fleet: fleet({ workers: [old, worker()] }), kinds })).toEqual([]);
    const draining = { ...old, drainingSince: NOW - 1 };
    expect(checks({ fleet: fleet({ workers: [draining, worker()] }), kinds })).toEqual(['code']);
  });

  test('counts a job that is only scheduled', () => {
    expect(checks({ scheduled: [{ job: 'gone', queue: 'default' }] })).toEqual(['code']);
    expect(checks({ scheduled: [{ job: 'a', queue: 'default' }] })).toEqual([]);
  });

  test('is closed without a worker of the version, and without a leader', () => {
    expect(checks({ version: '43' })).toEqual(['workers']);
    expect(checks({ fleet: fleet({ shards: [{ shard: 0, leader: undefined }] }) })).toEqual(['leader']);
  });

  test('is closed by a worker that drains for too long', () => {
    const draining = (sinceMs: number) =>
      fleet({ workers: [worker(), worker({ id: 'old', drainingSince: NOW - sinceMs })] });
    expect(checks({ fleet: draining(600_000) })).toEqual([]);
    expect(checks({ fleet: draining(600_001) })).toEqual(['drain']);
  });

  test('is closed by a backlog that grows by more than the slots and by more than a tenth', () => {
    const grows = (from: number, to: number) => ({
      kinds: [kind('a', { ready: to })],
      backlog: { at: NOW, queues: new Map([['default', to]]) },
      earlier: { at: NOW - 2_000, queues: new Map([['default', from]]) },
    });
    expect(checks(grows(0, 10))).toEqual([]);
    expect(checks(grows(0, 11))).toEqual(['backlog']);
    expect(checks(grows(1_000, 1_100))).toEqual([]);
    expect(checks(grows(1_000, 1_101))).toEqual(['backlog']);
    expect(checks({ ...grows(0, 5_000), earlier: undefined })).toEqual([]);
  });

  test('bears as many dead letters and failing jobs as it is told to', () => {
    expect(checks({ dead: 1, failing: ['a'] })).toEqual(['dead', 'failing']);
    expect(checks({ dead: 1, failing: ['a'] }, { ...RULES, maxDead: 1, maxFailing: 1 })).toEqual([]);
  });
});
