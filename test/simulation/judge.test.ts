import { describe, expect, test } from 'vitest';
import type { Verdict, VerdictWord } from '../../src/core/verdict.ts';
import { judgeSchedule, type Evidence, type ExpectedSchedule, type SeenRun } from '../../src/simulation/judge.ts';

const SPAN = { from: 0, to: 1_000 };
const FIRE_TIMES = [100, 200, 300, 400, 500];

const schedule = (more: Partial<ExpectedSchedule> = {}): ExpectedSchedule => ({
  id: 's',
  job: 's',
  fires: { kind: 'named', fireTimes: FIRE_TIMES },
  maxRuns: undefined,
  ...more,
});
const one = (word: VerdictWord, at: number): Verdict => ({ word, from: at, to: at, count: 1 });
const seen = (at: number, more: Partial<SeenRun> = {}): SeenRun => ({
  id: `s@${at}`,
  fireTime: at,
  startedAt: at + 5,
  finishedAt: at + 10,
  ...more,
});

/** 100 and 200 fired, 300 and 400 merged into 500. */
const clean = (): { verdicts: Verdict[]; runs: SeenRun[]; starts: Map<string, number> } => ({
  verdicts: [
    one('fired', 100),
    one('late', 200),
    { word: 'merged', from: 300, to: 400, count: 2 },
    one('caught-up', 500),
  ],
  runs: [seen(100), seen(200), seen(500)],
  starts: new Map([100, 200, 500].map((at) => [`s@${at}`, 1])),
});

const offencesOf = (evidence: Evidence, expected = schedule()): string[] =>
  judgeSchedule(expected, evidence, SPAN).offences.map(({ at, what }) => `${String(at)}: ${what}`);

describe('a history', () => {
  test('in which each fire time has one verdict, and runs where these say so, passes', () => {
    const judged = judgeSchedule(schedule(), clean(), SPAN);
    expect(judged.offences).toEqual([]);
    expect(judged.fireTimes).toBe(5);
    expect(Object.fromEntries(judged.verdicts)).toEqual({ fired: 1, late: 1, merged: 2, 'caught-up': 1 });
  });

  test('before and after the span is not judged', () => {
    const { verdicts, runs, starts } = clean();
    verdicts.push(one('fired', 1_000), one('fired', 1_000), one('fired', -50));
    runs.push(seen(1_000), seen(-50));
    expect(offencesOf({ verdicts, runs, starts })).toEqual([]);
  });

  test('of a verdict that reaches over the end of the span is judged by its part inside', () => {
    const { verdicts, runs, starts } = clean();
    verdicts.splice(3, 1, { word: 'missed(catch-up)', from: 500, to: 1_400, count: 10 });
    runs.pop();
    expect(offencesOf({ verdicts, runs, starts })).toEqual([]);
  });
});

type Mutation = [name: string, mutate: (evidence: ReturnType<typeof clean>) => void, offences: string[]];
const MUTATIONS: Mutation[] = [
  [
    'a verdict is gone',
    ({ verdicts, runs }) => void (verdicts.shift(), runs.shift()),
    ['100: lost: it has no verdict'],
  ],
  [
    'a verdict and its run differ: it says fired, and no run is there',
    ({ runs }) => void runs.shift(),
    ['100: lost: its verdict is fired, and no run was made'],
  ],
  [
    'a fire time has two verdicts',
    ({ verdicts }) => void verdicts.push(one('skipped(overlap)', 100)),
    ['100: twice: fired and skipped(overlap)'],
  ],
  [
    'a run was made twice',
    ({ runs }) => void runs.push(seen(200)),
    ['200: 2 runs were made, and its verdict asks for 1'],
  ],
  [
    'a run was made of a fire time that was merged',
    ({ runs }) => void runs.push(seen(300)),
    ['300: 1 runs were made, and its verdict asks for 0'],
  ],
  [
    'a run was made where the rule names nothing',
    ({ runs }) => void runs.push(seen(250)),
    ['250: a run was made, and the rule names no fire time here'],
  ],
  [
    'a verdict is about an instant that the rule does not name',
    ({ verdicts }) => void verdicts.push(one('skipped(overlap)', 250)),
    ['250: skipped(overlap) over 1 fire times, and the rule names 0'],
  ],
  [
    'a verdict counts wrongly',
    ({ verdicts }) => void verdicts.splice(2, 1, { word: 'merged', from: 300, to: 400, count: 3 }),
    ['300: merged over 3 fire times, and the rule names 2'],
  ],
  [
    'a verdict begins beside a fire time',
    ({ verdicts }) => void verdicts.splice(2, 1, { word: 'merged', from: 299, to: 400, count: 2 }),
    ['299: merged begins or ends at an instant that the rule does not name'],
  ],
  [
    'workers started a run twice',
    ({ starts }) => void starts.set('s@200', 2),
    ['200: twice: workers started s@200 2 times'],
  ],
  [
    'a run started before its fire time',
    ({ runs }) => void runs.splice(1, 1, seen(200, { startedAt: 190 })),
    ['200: early: s@200 started 10 ms before'],
  ],
];

test.each(MUTATIONS)('it is found when %s, and only that', (_name, mutate, offences) => {
  const evidence = clean();
  mutate(evidence);
  expect(offencesOf(evidence)).toEqual(offences);
});

describe('a schedule that ends', () => {
  test('owes no verdict after the last of its runs, and may have none', () => {
    const expected = schedule({ maxRuns: 2 });
    const evidence = { ...clean(), verdicts: clean().verdicts.slice(0, 2), runs: clean().runs.slice(0, 2) };
    expect(offencesOf(evidence, expected)).toEqual([]);
    evidence.verdicts.push(one('skipped(overlap)', 300));
    expect(offencesOf(evidence, expected)).toEqual(['300: skipped(overlap) after the last of its runs']);
  });
});

describe('a fixed delay', () => {
  const chain = schedule({ fires: { kind: 'chain', followMs: 300 } });
  const links = (...times: number[]): Evidence => ({
    verdicts: times.map((at) => one('fired', at)),
    runs: times.map((at) => seen(at)),
    starts: new Map(),
  });

  test('fires so long after the end of the run before', () => {
    expect(offencesOf(links(300, 610, 920), chain)).toEqual([]);
  });

  test('is found out when it stops, skips, or never began', () => {
    expect(offencesOf(links(300, 610), chain)).toEqual([
      '920: lost: the run before ended 300 ms earlier, and it has no verdict',
    ]);
    expect(offencesOf(links(300, 620, 930), chain)).toHaveLength(1);
    expect(offencesOf(links(), chain)).toEqual(['0: lost: it never fired']);
  });

  test('may stop after the last of its runs, and not before', () => {
    expect(offencesOf(links(300, 610), { ...chain, maxRuns: 2 })).toEqual([]);
    expect(offencesOf(links(300, 610), { ...chain, maxRuns: 3 })).toHaveLength(1);
    expect(offencesOf(links(300, 610, 920), { ...chain, maxRuns: 2 })).toHaveLength(1);
  });
});

describe('a schedule that fires once per deployment', () => {
  const reboot = schedule({ fires: { kind: 'once' } });
  const fired = (...times: number[]): Evidence => ({
    verdicts: times.map((at) => one('fired', at)),
    runs: times.map((at) => seen(at)),
    starts: new Map(),
  });

  test('has one verdict, no more and no less', () => {
    expect(offencesOf(fired(0), reboot)).toEqual([]);
    expect(offencesOf(fired(), reboot)).toEqual(['undefined: 0 verdicts, and it fires once per deployment']);
    expect(offencesOf(fired(0, 60), reboot)).toEqual(['0: 2 verdicts, and it fires once per deployment']);
  });
});
