import type { EpochMs } from './time/units.ts';

/** What became of a fire time. Each ends in exactly one verdict. */
export type VerdictWord =
  | 'fired'
  | 'late'
  | 'caught-up'
  | 'merged'
  | 'replayed'
  | 'skipped(overlap)'
  | 'missed(deadline)'
  | 'missed(catch-up)';

/** A verdict over one fire time (`from` = `to`, `count` 1) or over a run of neighbouring ones of the same fate. */
export type Verdict = { word: VerdictWord; from: EpochMs; to: EpochMs; count: number };

/** `<word> <from>` or `<word> <from>..<to> <count>`, as the ledger keeps it. */
export function packVerdict(verdict: Verdict): string {
  return verdict.count === 1
    ? `${verdict.word} ${verdict.from}`
    : `${verdict.word} ${verdict.from}..${verdict.to} ${verdict.count}`;
}

export type LedgerEntry = Verdict & { schedule: string };

/** Reads `<schedule> <verdict>`, newest first in the ledger of a job. */
export function unpackLedgerEntry(line: string): LedgerEntry {
  const [schedule = '', word = '', range = '', count = '1'] = line.split(' ');
  const [from = '0', to = from] = range.split('..');
  return { schedule, word: word as VerdictWord, from: Number(from), to: Number(to), count: Number(count) };
}
