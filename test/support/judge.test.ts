import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import type { LedgerEntry, VerdictWord } from '../../src/core/verdict.ts';
import type { JournalLine } from './journal.ts';
import { judgeLedger, judgeRecords, judgeRuns } from './judge.ts';
import type { Fault, Finding } from './judge.ts';

const T0 = 1_700_000_000_000;
const fireTimes = [0, 1, 2, 3, 4].map((i) => T0 + i * 1_000);
const rulesOf = (findings: Finding[]): string[] => findings.map(({ rule }) => rule);

describe('the judge of a ledger', () => {
  const verdict = (word: VerdictWord, from: number, to = from, count = 1): LedgerEntry => ({
    schedule: 'a',
    word,
    from,
    to,
    count,
  });
  const clean = [
    verdict('fired', T0),
    verdict('merged', T0 + 1_000, T0 + 2_000, 2),
    verdict('caught-up', T0 + 3_000),
    verdict('fired', T0 + 4_000),
  ];
  const judge = (ledger: LedgerEntry[], excuses: VerdictWord[] = ['merged']) =>
    judgeLedger({ job: 'a', fireTimes, ledger, excuses });

  test('passes a clean one, newest first or not, and says which fire times have a run', () => {
    const answer = { findings: [], fired: [T0, T0 + 3_000, T0 + 4_000] };
    expect(judge(clean)).toEqual(answer);
    expect(judge([...clean].reverse())).toEqual(answer);
  });

  test('does not look at what lies outside the span', () => {
    expect(judge([...clean, verdict('fired', T0 - 1_000), verdict('fired', T0 + 5_000)]).findings).toEqual([]);
  });

  test.each<[string, Finding['rule'][], LedgerEntry[]]>([
    ['a verdict that is missing', ['unaccounted'], clean.slice(1)],
    ['a range that is missing', ['unaccounted', 'unaccounted'], clean.toSpliced(1, 1)],
    ['a verdict that is there twice', ['accounted twice'], [...clean, verdict('late', T0)]],
    ['a verdict over an instant that the rule does not name', ['phantom'], [...clean, verdict('fired', T0 + 500)]],
    ['a range that counts too many', ['phantom'], clean.with(1, verdict('merged', T0 + 1_000, T0 + 2_000, 3))],
    ['a verdict that the policies cannot give', ['unexcused'], clean.with(0, verdict('skipped(overlap)', T0))],
  ])('flags %s, and only that', (_, rules, ledger) => {
    expect(rulesOf(judge(ledger).findings)).toEqual(rules);
  });
});

const line = (run: number, event: JournalLine['event'], at: number, rest: Partial<JournalLine> = {}): JournalLine => ({
  job: 'a',
  run: `a@${String(fireTimes[run])}`,
  fireTime: fireTimes[run] as number,
  attempt: 1,
  pid: 10,
  event,
  at: T0 + at,
  tick: at * 1_000,
  ...rest,
});
/** Run 2 is handed back, run 3 loses its first attempt to a kill, run 4 one that had just ended. */
const lines: JournalLine[] = [
  line(0, 'start', 5),
  line(0, 'end', 300),
  line(1, 'start', 1_002),
  line(1, 'end', 1_900),
  line(2, 'start', 2_003),
  line(2, 'stopped', 2_500),
  line(2, 'start', 2_600, { pid: 11 }),
  line(2, 'end', 2_700, { pid: 11 }),
  line(3, 'start', 3_001, { pid: 12 }),
  line(4, 'start', 4_001, { pid: 12 }),
  line(4, 'end', 4_040, { pid: 12 }),
  line(3, 'start', 6_000, { attempt: 2 }),
  line(4, 'start', 6_000, { attempt: 2 }),
  line(3, 'end', 6_100, { attempt: 2 }),
  line(4, 'end', 6_100, { attempt: 2 }),
];
const killed = (pid: number, at: number): Fault => ({ pid, kind: 'killed', from: T0 + at, to: T0 + at });
const faults = [killed(12, 4_050)];
const owed = fireTimes.map((at) => `a@${String(at)}`);

describe('the judge of runs', () => {
  const judge = (changed: JournalLine[], given = faults): Finding[] =>
    judgeRuns({ owed, lines: changed, faults: given, recoveryMs: 3_000 });

  test('passes a clean history', () => {
    expect(judge(lines)).toEqual([]);
  });

  test('passes a repeat by a worker that was paused, whose attempt ends after all', () => {
    const paused: Fault = { pid: 12, kind: 'paused', from: T0 + 3_500, to: T0 + 7_000 };
    expect(judge([...lines, line(3, 'end', 7_001, { pid: 12 })], [paused])).toEqual([]);
  });

  test('passes a run that the same worker hands back twice', () => {
    const twice = [line(0, 'start', 5), line(0, 'stopped', 6), line(0, 'start', 7), line(0, 'stopped', 8)];
    expect(judge([...twice, line(0, 'start', 9), ...lines.slice(1)])).toEqual([]);
  });

  test('passes a second attempt whose first was lost before its handler began', () => {
    const unseen = lines.filter(({ run, pid }) => !(run === owed[3] && pid === 12));
    expect(judge(unseen)).toEqual([]);
    expect(rulesOf(judge(unseen, [killed(12, 2_000)]))).toContain('unexplained');
  });

  test.each<[string, Finding['rule'][], JournalLine[]]>([
    ['a run that is missing', ['lost'], lines.filter(({ run }) => run !== owed[0])],
    ['a missing end', ['lost', 'unended'], lines.toSpliced(1, 1)],
    ['a missing start', ['unstarted'], lines.toSpliced(0, 1)],
    [
      'a run that is there twice',
      ['duplicate'],
      [...lines, line(0, 'start', 400, { pid: 11 }), line(0, 'end', 500, { pid: 11 })],
    ],
    ['an end that is there twice', ['duplicate'], [...lines, line(0, 'end', 301)]],
    [
      'a repeat without a fault',
      ['unexplained'],
      [...lines, line(0, 'start', 900, { attempt: 2 }), line(0, 'end', 901, { attempt: 2 })],
    ],
    ['an early start', ['early'], lines.with(2, line(1, 'start', 999))],
    [
      'a run of a fire time that the rule does not name',
      ['phantom'],
      lines.flatMap((l) => (l.run === owed[0] ? [l, { ...l, run: 'a@7' }] : [l])),
    ],
    ['a hand-back that was not one', ['unended', 'duplicate'].sort() as Finding['rule'][], lines.toSpliced(5, 1)],
  ])('flags %s, and only that', (_, rules, changed) => {
    expect(rulesOf(judge(changed)).sort()).toEqual(rules);
  });

  test('flags a repeat of an attempt that had ended long before its worker was hit', () => {
    const late = [killed(12, 5_500)];
    expect(judge(lines, late)).toEqual([expect.objectContaining({ rule: 'unexplained', subject: owed[4] })]);
  });

  test('flags a repeat when it was another worker that was hit', () => {
    expect(rulesOf(judge(lines, [killed(10, 4_050)])).sort()).toEqual(['unended', 'unexplained', 'unexplained']);
  });
});

describe('the judge of records', () => {
  const record = (i: number, attempts: number, worker: string) => ({
    run: { id: owed[i] as string, attempts } as Run,
    state: 'succeeded' as const,
    worker,
  });
  const pids = new Map([
    ['w10', 10],
    ['w11', 11],
    ['w12', 12],
  ]);
  const clean = [
    record(0, 0, 'w10'),
    record(1, 0, 'w10'),
    record(2, 0, 'w11'),
    record(3, 1, 'w10'),
    record(4, 1, 'w10'),
  ];
  const judge = (records: typeof clean | Parameters<typeof judgeRecords>[0]['records']): Finding[] =>
    judgeRecords({ owed, records, lines, pids });

  test('passes a clean history', () => {
    expect(judge(clean)).toEqual([]);
  });

  test.each<[string, Finding['rule'], Parameters<typeof judgeRecords>[0]['records']]>([
    ['a run without a record', 'unrecorded', clean.slice(1)],
    ['a run that did not succeed', 'failed', clean.with(0, { ...record(0, 0, 'w10'), state: 'dead' } as never)],
    ['a record by the worker whose attempt was taken away', 'stale write', clean.with(4, record(4, 1, 'w12'))],
    ['a record of an attempt that did not end', 'stale write', clean.with(3, record(3, 0, 'w12'))],
    ['a record by a worker that nobody knows', 'stale write', clean.with(0, record(0, 0, 'w99'))],
  ])('flags %s, and only that', (_, rule, records) => {
    expect(rulesOf(judge(records))).toEqual([rule]);
  });
});
