import type { EpochMs } from './time/units.ts';

/**
 * What became of a fire time. Each ends in exactly one verdict, but that a fire time which somebody backfills gets
 * `backfilled` beside the one it had.
 */
export const VERDICT_WORDS = [
  'fired',
  'late',
  'caught-up',
  'merged',
  'replayed',
  'skipped(overlap)',
  'skipped(paused)',
  'skipped(blackout)',
  'skipped(freeze)',
  'missed(deadline)',
  'missed(catch-up)',
  'marked',
  'backfilled',
] as const;

export type VerdictWord = (typeof VERDICT_WORDS)[number];

/**
 * A verdict over one fire time (`from` = `to`, `count` 1) or over a run of neighbouring ones of the same fate.
 * `detail` says more in one word: for `skipped(overlap)` the oldest run that lived, for `skipped(freeze)` the freeze, for
 * `late` and `caught-up` the ms after its due time.
 */
export type Verdict = { word: VerdictWord; from: EpochMs; to: EpochMs; count: number; detail?: string };

/** `<word> <from>` or `<word> <from>..<to> <count>`, then ` =<detail>` where there is one, as the ledger keeps it. */
export function packVerdict({ word, from, to, count, detail }: Verdict): string {
  const range = count === 1 ? `${from}` : `${from}..${to} ${count}`;
  return detail === undefined ? `${word} ${range}` : `${word} ${range} =${detail}`;
}

export type LedgerEntry = Verdict & { schedule: string };

/** Reads `<schedule> <verdict>`, newest first in the ledger of a job. */
export function unpackLedgerEntry(line: string): LedgerEntry {
  const detailAt = line.indexOf(' =');
  const [schedule = '', word = '', range = '', count = '1'] = (detailAt < 0 ? line : line.slice(0, detailAt)).split(
    ' ',
  );
  const [from = '0', to = from] = range.split('..');
  const entry = { schedule, word: word as VerdictWord, from: Number(from), to: Number(to), count: Number(count) };
  return detailAt < 0 ? entry : { ...entry, detail: line.slice(detailAt + 2) };
}
