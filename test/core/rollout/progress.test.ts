import { expect, test } from 'vitest';
import type { Fleet, RolloutWorker } from '../../../src/core/rollout/fleet.ts';
import { describeRollout } from '../../../src/core/rollout/progress.ts';

const worker = (id: string, version: string, more: Partial<RolloutWorker> = {}): RolloutWorker => ({
  id,
  pool: 'default',
  version,
  queues: ['*'],
  code: version,
  revision: version,
  slots: 5,
  busy: 1,
  startedAt: version === '42' ? 2_000 : 1_000,
  drainingSince: undefined,
  ...more,
});

const leader = (version: string) => ({ id: version, host: 'h', pid: 1, version, since: 1 });
const FLEET: Fleet = {
  now: 5_000,
  workers: [worker('a', '41'), worker('b', '41', { drainingSince: 4_000 }), worker('c', '42'), worker('d', '42')],
  schedulers: [
    { id: 's', version: '41', state: 'able' },
    { id: 't', version: '42', state: 'unable' },
  ],
  shards: [
    { shard: 0, leader: leader('41') },
    { shard: 1, leader: undefined },
  ],
  codes: new Map([
    ['41', new Set(['both', 'old'])],
    ['42', new Set(['both', 'new'])],
  ]),
};

test('a rollout is told by version, with what drains, who leads and which jobs differ', () => {
  const status = describeRollout(FLEET);
  expect(status).toMatchObject({
    version: '42',
    since: 2_000,
    state: 'rolling',
    workers: [
      { version: '41', workers: 2, draining: 1, slots: 10, busy: 2 },
      { version: '42', workers: 2, draining: 0 },
    ],
    schedulers: [
      { version: '41', replicas: 1, able: 1 },
      { version: '42', replicas: 1, able: 0 },
    ],
    differing: [
      { job: 'new', with: ['42'], without: ['41'] },
      { job: 'old', with: ['41'], without: ['42'] },
    ],
    progress: { workers: { done: 2, all: 4 }, schedulers: { done: 1, all: 2 }, shards: { done: 0, all: 2 } },
  });
});

test('a rollout is settled when everything that lives has the version, and nothing drains', () => {
  const done: Fleet = {
    ...FLEET,
    workers: [worker('c', '42')],
    schedulers: [{ id: 't', version: '42', state: 'able' }],
    shards: [{ shard: 0, leader: leader('42') }],
  };
  expect(describeRollout(done).state).toBe('settled');
  expect(describeRollout(done).differing).toEqual([]);
  expect(describeRollout({ ...done, workers: [worker('c', '42', { drainingSince: 1 })] }).state).toBe('rolling');
  expect(describeRollout(done, '43').state).toBe('rolling');
});

test('where nothing lives, there is no version', () => {
  expect(describeRollout({ ...FLEET, workers: [], schedulers: [] })).toMatchObject({
    version: undefined,
    since: undefined,
    state: 'nothing-lives',
    progress: { shards: { done: 0, all: 2 } },
  });
});
