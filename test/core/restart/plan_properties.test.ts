import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginRestart } from '../../../src/core/restart/begin.ts';
import { observe } from '../../../src/core/restart/observe.ts';
import { mostAway, planRestart, type RestartStep } from '../../../src/core/restart/plan.ts';
import {
  countRestart,
  isAway,
  type Member,
  type Restart,
  type RestartTerms,
  type SeenWorker,
} from '../../../src/core/restart/restart.ts';
import { seenWorker } from '../../support/restarts.ts';

/** What a process does, in steps of a second. `never`: a version that does not start. */
type Fate = { leavesAfter: number; backAfter: number | 'never'; dropsAt: number | undefined };
type Process = { pools: string[]; host: string; slots: number; version: string; fate: Fate };
type Case = {
  processes: Process[];
  maxUnavailable: string;
  maxFailures: number;
  olderThan: string | undefined;
  place: RestartTerms['place'];
};

const STEP_MS = 1_000;
const WAIT_NEW_MS = 20_000;
const MOST_STEPS = 2_000;
const POOLS = ['a', 'b', 'c'];

const fates: fc.Arbitrary<Fate> = fc.record({
  leavesAfter: fc.nat(8),
  backAfter: fc.oneof({ weight: 12, arbitrary: fc.nat(10) }, { weight: 1, arbitrary: fc.constant('never' as const) }),
  // Some go by themselves, told or not, as those of a host that is restarted do.
  dropsAt: fc.option(fc.nat(60), { freq: 12, nil: undefined }),
});

const cases: fc.Arbitrary<Case> = fc.record({
  processes: fc.array(
    fc.record({
      pools: fc.subarray(POOLS, { minLength: 1 }),
      host: fc.constantFrom('h1', 'h2', 'h3'),
      slots: fc.integer({ min: 1, max: 20 }),
      version: fc.constantFrom('1.0.0', '2.0.0'),
      fate: fates,
    }),
    { minLength: 1, maxLength: 25 },
  ),
  maxUnavailable: fc.oneof(
    fc.integer({ min: 1, max: 30 }).map(String),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${String(percent)}%`),
  ),
  maxFailures: fc.nat(2),
  olderThan: fc.option(fc.constant('2.0.0'), { nil: undefined }),
  place: fc.constantFrom('same-host', 'any-host'),
});

/** The same with processes that all come back, and none that leaves by itself. */
const kindCases = cases.map((one): Case => ({
  ...one,
  processes: one.processes.map((process) => ({
    ...process,
    fate: {
      ...process.fate,
      backAfter: process.fate.backAfter === 'never' ? 3 : process.fate.backAfter,
      dropsAt: undefined,
    },
  })),
}));

/** The fleet as it is at a step, given who was told when. */
function fleetAt({ processes }: Case, told: ReadonlyMap<string, number>, at: number): SeenWorker[] {
  return processes.flatMap(({ pools, host, slots, version, fate }, i) => {
    const toldAt = told.get(`p${String(i)}`);
    const leaves = Math.min(fate.dropsAt ?? Infinity, toldAt === undefined ? Infinity : toldAt + fate.leavesAfter);
    const isOld = at < leaves;
    if (!isOld && (fate.backAfter === 'never' || at < leaves + fate.backAfter)) return [];
    const process = `${isOld ? 'p' : 'new'}${String(i)}`;
    const state = isOld && toldAt !== undefined ? 'draining' : 'running';
    return pools.map((pool) =>
      seenWorker({ id: process + pool, process, pool, host, slots, state, version: isOld ? version : '2.0.0' }),
    );
  });
}

const inPool = (pool: string, members: readonly Member[]): number =>
  members.flatMap(({ workers }) => workers).filter((worker) => worker.pool === pool).length;

/** Plays a restart until it ends; after each telling, the fleet itself is counted. */
function play(one: Case) {
  const { maxUnavailable, maxFailures, olderThan, place } = one;
  const shared = { maxUnavailable, pools: [], waitNewMs: WAIT_NEW_MS, maxFailures, place, slots: 'as-many' as const };
  const terms: RestartTerms = olderThan === undefined ? shared : { ...shared, olderThan };
  const told = new Map<string, number>();
  const { members } = beginRestart(fleetAt(one, told, 0), terms, 'workers only');
  let restart: Restart = { id: 'r', by: 'ada', beganAt: 0, updatedAt: 0, status: 'running', terms, members };
  let step: RestartStep = { kind: 'wait' };
  let at = 0;
  for (; at < MOST_STEPS; at += 1) {
    restart = observe(restart, fleetAt(one, told, at), at * STEP_MS);
    step = planRestart(restart, 'go on');
    if (step.kind === 'done' || step.kind === 'stop') break;
    if (step.kind !== 'tell') continue;
    const names = new Set(step.processes.map(({ process }) => process));
    for (const name of names) {
      expect(told.has(name), `${name} was told before`).toBe(false);
      told.set(name, at);
    }
    const now = at * STEP_MS;
    const tell = (member: Member): Member =>
      names.has(member.process) ? { ...member, toldAt: now, awaySince: now } : member;
    restart = { ...restart, members: restart.members.map(tell) };
    assertEnoughLeft(restart, fleetAt(one, told, at), step.processes);
  }
  return { restart, told, step, at };
}

/** Of each pool that somebody was told of: those that work, against those that worked at first. */
function assertEnoughLeft({ members, terms }: Restart, fleet: SeenWorker[], told: readonly Member[]): void {
  for (const pool of POOLS.filter((name) => inPool(name, told) > 0)) {
    const total = inPool(pool, members);
    const most = mostAway(terms.maxUnavailable, total);
    const working = fleet.filter((worker) => worker.pool === pool && worker.state === 'running').length;
    const writtenOff = inPool(
      pool,
      members.filter(({ failure }) => failure !== undefined),
    );
    expect(total - working - writtenOff, `workers of ${pool} that are away`).toBeLessThanOrEqual(most);
    expect(inPool(pool, members.filter(isAway))).toBeLessThanOrEqual(most);
  }
}

test('nobody is told while as many are away as may be, each is told once, and it ends', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { step, at, restart } = play(one);
      expect(at).toBeLessThan(MOST_STEPS);
      const { left, away, failed } = countRestart(restart);
      if (step.kind === 'done') {
        expect({ left, away }).toEqual({ left: 0, away: 0 });
        expect(failed).toBeLessThanOrEqual(one.maxFailures);
      } else {
        expect(step.kind).toBe('stop');
        expect(failed).toBeGreaterThan(one.maxFailures);
      }
    }),
    { numRuns: 400 },
  );
});

test('where all come back, every old worker is told and replaced, and nobody else', () => {
  fc.assert(
    fc.property(kindCases, (one) => {
      const { step, restart, told } = play(one);
      expect(step.kind).toBe('done');
      const old = one.processes.filter(({ version }) => one.olderThan === undefined || version === '1.0.0').length;
      expect(countRestart(restart)).toMatchObject({ targets: old, replaced: old, failed: 0 });
      expect(told.size).toBe(old);
    }),
    { numRuns: 300 },
  );
});

test('a version that does not start costs one worker', () => {
  const broken = kindCases.map((one): Case => ({
    ...one,
    maxFailures: 0,
    processes: one.processes.map((process) => ({
      ...process,
      version: '1.0.0',
      fate: { ...process.fate, backAfter: 'never' },
    })),
  }));
  fc.assert(
    fc.property(broken, (one) => {
      const { step, told } = play(one);
      expect(step).toMatchObject({ kind: 'stop', failed: [{ failure: 'missing' }] });
      expect(told.size).toBe(1);
    }),
  );
});
