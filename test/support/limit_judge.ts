import type { DurationMs, EpochMs } from '../../src/core/time/units.ts';
import type { JournalLine } from './journal.ts';
import type { Fault } from './judge.ts';

/** What a key lets on in a fleet under test. */
export type KeyTerms = { slots: number; count: number; periodMs: DurationMs };

export type LimitsCase = {
  keyOf: ReadonlyMap<string, string>;
  terms: KeyTerms;
  lines: readonly JournalLine[];
  faults: readonly Fault[];
  /** By Redis time, when the last attempt of each run was let on. */
  records: readonly { run: { id: string; attempts: number }; startedAt: EpochMs }[];
  /** A killed worker's runs keep their slots this long at least. */
  leaseLeftMs: DurationMs;
  /** How much later a handler may note its start than it was let on. */
  latenessMs: DurationMs;
};

type Stay = { from: EpochMs; to: EpochMs };

/** More runs of a key at once than it has slots, or more starts in a period than its rate: in words, per key. */
export function judgeLimits(the: LimitsCase): string[] {
  const keys = [...new Set(the.keyOf.values())];
  const stays = groupBy(staysOf(the), ({ run }) => the.keyOf.get(run));
  const starts = groupBy(startsOf(the), ({ run }) => the.keyOf.get(run));
  return keys.flatMap((key) => {
    const own = starts.get(key) ?? [];
    const exact = own.filter(({ by }) => by === 'Redis');
    const most = mostAtOnce(stays.get(key) ?? []);
    const { slots, count } = the.terms;
    return [
      ...(most > slots ? [`${key} had ${String(most)} runs at once, and has ${String(slots)} slots`] : []),
      ...(isTooDense(exact, the.terms, 0) ? [`${key} had more than ${String(count)} starts in a period`] : []),
      ...(isTooDense(own, the.terms, the.latenessMs)
        ? [`${key} had more than ${String(count)} starts in a period, lost attempts included`]
        : []),
    ];
  });
}

/** When attempts held a slot, by the journals; the slot of a lost one is nobody else's before its lease is over. */
function staysOf({ lines, faults, leaseLeftMs }: LimitsCase): (Stay & { run: string })[] {
  const killed = new Map(faults.map(({ pid, from }) => [pid, from]));
  const open = new Map<string, JournalLine>();
  const stays: (Stay & { run: string })[] = [];
  const lose = (start: JournalLine) =>
    stays.push({ run: start.run, from: start.at, to: (killed.get(start.pid) ?? start.at) + leaseLeftMs });
  for (const line of lines) {
    const start = open.get(line.run);
    if (line.event === 'start') {
      if (start) lose(start);
      open.set(line.run, line);
    } else if (start) {
      stays.push({ run: line.run, from: start.at, to: line.at });
      open.delete(line.run);
    }
  }
  for (const start of open.values()) lose(start);
  return stays;
}

/** Starts of attempts: Redis tells of the last one of each run, the journals of those that were lost. */
function startsOf({ lines, records }: LimitsCase): { run: string; at: EpochMs; by: 'Redis' | 'a journal' }[] {
  const last = new Map(records.map(({ run, startedAt }) => [run.id, { attempt: run.attempts + 1, startedAt }]));
  const lost = lines.filter(({ run, event, attempt }) => event === 'start' && attempt < (last.get(run)?.attempt ?? 0));
  return [
    ...[...last].map(([run, { startedAt }]) => ({ run, at: startedAt, by: 'Redis' as const })),
    ...lost.map(({ run, at }) => ({ run, at, by: 'a journal' as const })),
  ].sort((a, b) => a.at - b.at);
}

function mostAtOnce(stays: readonly Stay[]): number {
  const changes = stays.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return Math.max(0, ...changes.map(({ by }) => (now += by)));
}

function isTooDense(starts: readonly { at: EpochMs }[], { count, periodMs }: KeyTerms, slackMs: DurationMs): boolean {
  return starts.some(({ at }, i) => (starts[i + count]?.at ?? Infinity) - at < periodMs - slackMs);
}

function groupBy<T>(list: readonly T[], keyOf: (one: T) => string | undefined): Map<string | undefined, T[]> {
  const groups = new Map<string | undefined, T[]>();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}
