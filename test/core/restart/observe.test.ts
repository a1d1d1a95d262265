import { describe, expect, test } from 'vitest';
import { beginRestart, checkTerms } from '../../../src/core/restart/begin.ts';
import { LEAVE_GRACE_MS, observe } from '../../../src/core/restart/observe.ts';
import { mostAway, planRestart } from '../../../src/core/restart/plan.ts';
import { countRestart, type Restart, type RestartTerms, type SeenWorker } from '../../../src/core/restart/restart.ts';
import { resumeRestart } from '../../../src/core/restart/resume.ts';
import { isOlderVersion } from '../../../src/core/version_order.ts';
import { seenWorker } from '../../support/restarts.ts';

const TERMS: RestartTerms = {
  maxUnavailable: '1',
  pools: [],
  waitNewMs: 10_000,
  maxFailures: 0,
  place: 'same-host',
  slots: 'as-many',
};
const ids = (names: string, parts: Partial<SeenWorker> = {}): SeenWorker[] =>
  names.split('').map((id) => seenWorker({ id, ...parts }));

function begin(seen: SeenWorker[], terms: Partial<RestartTerms> = {}): Restart {
  const wanted = { ...TERMS, ...terms };
  const { members } = beginRestart(seen, wanted, 'workers only');
  return { id: 'r', by: 'ada', beganAt: 0, updatedAt: 0, status: 'running', terms: wanted, members };
}

/** The restart after it has told this process. */
const telling = (restart: Restart, process: string, at: number): Restart => ({
  ...restart,
  members: restart.members.map((one) => (one.process === process ? { ...one, toldAt: at, awaySince: at } : one)),
});
const failuresOf = ({ members }: Restart): unknown[] => members.map(({ failure }) => failure).filter(Boolean);

describe('a worker that was told', () => {
  const told = telling(begin(ids('ab')), 'a', 1_000);

  test('is replaced by a new worker of its pool on its host with as many slots, once it is gone', () => {
    const draining = seenWorker({ id: 'a', state: 'draining' });
    const stillThere = observe(told, [draining, ...ids('bx')], 2_000);
    expect(countRestart(stillThere)).toMatchObject({ replaced: 0, away: 1 });
    expect(countRestart(observe(told, ids('bx'), 2_000))).toMatchObject({ replaced: 1, away: 0 });
  });

  test.each<[string, Partial<SeenWorker>]>([
    ['of another pool', { pool: 'other' }],
    ['on another host', { host: 'h2' }],
    ['with fewer slots', { slots: 9 }],
    ['that drains already', { state: 'draining' }],
    ['that says nothing any more', { state: 'silent' }],
  ])('is not replaced by a worker %s', (_, parts) => {
    const seen = observe(told, [...ids('b'), seenWorker({ id: 'x', ...parts })], 2_000);
    expect(countRestart(seen)).toMatchObject({ replaced: 0, away: 1 });
    expect(failuresOf(observe(seen, ids('b'), 12_001))).toEqual(['missing']);
  });

  test('is replaced on another host, and by fewer slots, where that was said', () => {
    const terms = { place: 'any-host', slots: 'fewer' } as const;
    const wide = telling(begin(ids('ab'), terms), 'a', 1_000);
    const seen = [...ids('b'), seenWorker({ id: 'x', host: 'h9', slots: 1 })];
    expect(countRestart(observe(wide, seen, 2_000))).toMatchObject({ replaced: 1 });
  });

  test('has its drain time and half a minute to leave', () => {
    const draining = [...ids('b'), seenWorker({ id: 'a', state: 'draining' })];
    const limit = 1_000 + 5_000 + LEAVE_GRACE_MS;
    expect(failuresOf(observe(told, draining, limit))).toEqual([]);
    expect(failuresOf(observe(told, draining, limit + 1))).toEqual(['stays']);
  });

  test('has failed where what comes in its place goes again and again', () => {
    let restart = told;
    for (const [at, present] of ['bx', 'b', 'by', 'b', 'bz', 'b'].entries())
      restart = observe(restart, ids(present), 2_000 + at);
    expect(failuresOf(restart)).toEqual(['crashes']);
    expect(planRestart(restart, 'go on')).toMatchObject({ kind: 'stop' });
  });

  test('is forgiven when a worker comes in its place after all', () => {
    const late = observe(observe(told, ids('b'), 2_000), ids('b'), 20_000);
    expect(failuresOf(late)).toEqual(['missing']);
    expect(failuresOf(observe(late, ids('bx'), 21_000))).toEqual([]);
  });
});

describe('a version', () => {
  test('is asked of the new worker too: one with the old code does not count as back', () => {
    const old = { version: '1.0.0' };
    const restart = telling(begin(ids('ab', old), { olderThan: '2.0.0' }), 'a', 0);
    const wrong = observe(restart, [...ids('b', old), seenWorker({ id: 'x', version: '1.9.9' })], 1_000);
    expect(countRestart(wrong)).toMatchObject({ replaced: 0, away: 1 });
    expect(failuresOf(observe(wrong, ids('bx', old), 11_001))).toEqual(['missing']);
    const right = [...ids('b', old), seenWorker({ id: 'x', version: '2.0.0' })];
    expect(countRestart(observe(restart, right, 1_000))).toMatchObject({ replaced: 1 });
  });

  test('leaves those alone that have it, and counts them', () => {
    const seen = [...ids('a', { version: '1.0.0' }), ...ids('b', { version: '2.0.0' })];
    const { members } = begin(seen, { olderThan: '2.0.0' });
    expect(members.map(({ part }) => part)).toEqual(['target', 'bystander']);
  });

  test('of a deployment is compared by its name', () => {
    const seen = [...ids('a', { deployment: 'blue' }), ...ids('b', { deployment: 'green' }), ...ids('c')];
    const restart = begin(seen, { deployment: 'green' });
    expect(restart.members.map(({ part }) => part)).toEqual(['target', 'bystander', 'target']);
  });

  test.each([
    ['1.0.0', '1.0.1', true],
    ['1.9.0', '1.10.0', true],
    ['2.0.0', '1.9.9', false],
    ['1.0.0', '1.0.0', false],
    ['1.0', '1.0.0', false],
    ['v1.2.3', '1.2.4', true],
    ['1.0.0-rc.1', '1.0.0', true],
    ['1.0.0', '1.0.0-rc.1', false],
    ['1.0.0-rc.2', '1.0.0-rc.10', true],
    ['1.0.0-alpha', '1.0.0-alpha.1', true],
    ['1.0.0-1', '1.0.0-alpha', true],
    ['1.0.0+build', '1.0.0', false],
    ['library', '9.0.0', false],
  ])('%s before %s: %s', (one, other, isOlder) => {
    expect(isOlderVersion(one, other)).toBe(isOlder);
  });
});

describe('a wave', () => {
  test('is one worker until one has been replaced, then as many as may be away', () => {
    const fleet = ids('abcdef');
    const restart = begin(fleet, { maxUnavailable: '50%' });
    expect(planRestart(restart, 'go on')).toMatchObject({ kind: 'tell', processes: [{ process: 'a' }] });
    const canary = telling(restart, 'a', 0);
    expect(planRestart(observe(canary, ids('bcdef'), 1), 'go on')).toEqual({ kind: 'wait' });
    const step = planRestart(observe(canary, ids('bcdefx'), 1), 'go on');
    expect(step).toMatchObject({ kind: 'tell', processes: [{ process: 'b' }, { process: 'c' }, { process: 'd' }] });
  });

  test('counts each pool for itself, and a process of two pools in both', () => {
    const both = [
      seenWorker({ id: 'p', process: 'p', pool: 'mail' }),
      seenWorker({ id: 'q', process: 'p', pool: 'poll' }),
    ];
    const seen = [...both, ...ids('ab', { pool: 'mail' }), ...ids('cd', { pool: 'poll' })];
    const proven = observe(
      telling(begin(seen), 'a', 0),
      [...seen.filter(({ id }) => id !== 'a'), ...ids('x', { pool: 'mail' })],
      1,
    );
    const step = planRestart(proven, 'go on');
    expect(step).toMatchObject({ kind: 'tell', processes: [{ process: 'p' }] });
    expect(step.kind === 'tell' && step.processes).toHaveLength(1);
  });

  test('waits while another worker of the pool is away by itself', () => {
    const restart = begin(ids('abc'));
    expect(planRestart(observe(restart, ids('bc'), 1), 'go on')).toEqual({ kind: 'wait' });
    const stalled = [...ids('bc'), seenWorker({ id: 'a', state: 'silent' })];
    expect(planRestart(observe(restart, stalled, 1), 'go on')).toEqual({ kind: 'wait' });
    expect(planRestart(observe(observe(restart, stalled, 1), ids('abc'), 2), 'go on')).toMatchObject({ kind: 'tell' });
  });

  test('is the last one where the restart is to finish', () => {
    const restart = begin(ids('abc'));
    expect(planRestart(restart, 'finish')).toEqual({ kind: 'interrupted' });
    const told = telling(restart, 'a', 0);
    expect(planRestart(observe(told, ids('bc'), 1), 'finish')).toEqual({ kind: 'wait' });
    expect(planRestart(observe(told, ids('bcx'), 1), 'finish')).toEqual({ kind: 'interrupted' });
  });

  test.each([
    ['10%', 200, 20],
    ['10%', 9, 1],
    ['100%', 7, 7],
    ['3', 2, 3],
  ])('of %s of %i workers is at most %i', (share, count, most) => {
    expect(mostAway(share, count)).toBe(most);
  });
});

test('goes on without a failed worker where failures are allowed', () => {
  const restart = telling(begin(ids('abc'), { maxFailures: 1 }), 'a', 0);
  const failed = observe(observe(restart, ids('bc'), 1), ids('bc'), 20_000);
  expect(planRestart(failed, 'go on')).toMatchObject({ kind: 'tell', processes: [{ process: 'b' }] });
});

test('draining workers, those of other pools and those that may not be told are left alone', () => {
  const seen = [
    ...ids('a', { state: 'draining' }),
    ...ids('b', { pool: 'other' }),
    ...ids('c', { roles: undefined }),
    ...ids('d', { roles: ['scheduler', 'worker', 'api'] }),
    ...ids('e'),
  ];
  const terms = { ...TERMS, pools: ['default'] };
  const begun = beginRestart(seen, terms, 'workers only');
  expect(begun.members.map(({ process, part }) => `${process} ${part}`)).toEqual([
    'c bystander',
    'd bystander',
    'e target',
  ]);
  expect(begun.withoutOrders.map(({ id }) => id)).toEqual(['c']);
  expect(begun.withOtherRoles.map(({ id }) => id)).toEqual(['d']);
  expect(beginRestart(seen, terms, 'all roles').members.map(({ part }) => part)).toEqual([
    'bystander',
    'target',
    'target',
  ]);
});

describe('a restart that is resumed', () => {
  test('waits once more for what has failed', () => {
    const stopped = observe(observe(telling(begin(ids('ab')), 'a', 0), ids('b'), 1), ids('b'), 20_000);
    expect(failuresOf(stopped)).toEqual(['missing']);
    const resumed = resumeRestart(stopped, { waitNewMs: 30_000 }, ids('b'), 100_000);
    expect(failuresOf(observe(resumed, ids('b'), 130_000))).toEqual([]);
    expect(failuresOf(observe(resumed, ids('b'), 130_001))).toEqual(['missing']);
    expect(countRestart(observe(resumed, ids('bx'), 101_000))).toMatchObject({ replaced: 1, left: 1 });
  });

  test('restarts a worker that came with the old version, in the place of the one that it came for', () => {
    const old = { version: '1.0.0' };
    const told = telling(begin(ids('ab', old), { olderThan: '2.0.0' }), 'a', 0);
    const stopped = observe(observe(told, ids('bx', old), 1), ids('bx', old), 20_000);
    const { members } = resumeRestart(stopped, {}, ids('bx', old), 30_000);
    expect(members.map(({ process, part }) => [process, part])).toEqual([
      ['b', 'target'],
      ['x', 'target'],
    ]);
  });

  test('does not tell again who was told', () => {
    const told = telling(begin(ids('ab')), 'a', 0);
    const resumed = resumeRestart(told, {}, [...ids('b'), seenWorker({ id: 'a', state: 'draining' })], 5_000);
    expect(planRestart(resumed, 'go on')).toEqual({ kind: 'wait' });
  });
});

test.each<[Partial<RestartTerms>, string]>([
  [{ maxUnavailable: '0' }, 'maxUnavailable'],
  [{ maxUnavailable: '0%' }, 'maxUnavailable'],
  [{ maxUnavailable: '101%' }, 'maxUnavailable'],
  [{ maxUnavailable: 'all' }, 'maxUnavailable'],
  [{ olderThan: 'new' }, 'versionOlderThan'],
  [{ waitNewMs: 10 }, 'waitNew'],
  [{ maxFailures: -1 }, 'maxFailures'],
])('%j is refused', (wrong, field) => {
  expect(() => checkTerms({ ...TERMS, ...wrong })).toThrow(
    expect.objectContaining({ code: 'BAD_USAGE', field }) as Error,
  );
});
