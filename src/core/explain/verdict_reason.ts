import type { CompiledSchedule } from '../compiled_schedule.ts';
import type { Freeze } from '../freeze.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';
import type { LedgerEntry, VerdictWord } from '../verdict.ts';

/** What is stored of why a verdict was given. Policies are those of the rule as it is now. */
export type VerdictReason =
  /** This run of the schedule lived then. */
  | { kind: 'run-lived'; run: string }
  /** The run of this later fire time stands for it. */
  | { kind: 'merged-into'; fireTime: EpochMs }
  | { kind: 'freeze'; by: string; why: string; from: EpochMs; until: EpochMs | undefined }
  | { kind: 'blackout' }
  | { kind: 'deadline'; deadlineMs: DurationMs }
  | { kind: 'catch-up'; policy: 'none' | 'latest' | 'all' | number; windowMs: DurationMs };

export type ReasonFacts = {
  compiled: Pick<CompiledSchedule, 'startDeadlineMs' | 'catchUp' | 'catchUpWindowMs' | 'isBlackedOut'>;
  ledger: readonly LedgerEntry[];
  freezes: readonly Freeze[];
};

const MAKES_RUN: readonly VerdictWord[] = ['fired', 'late', 'caught-up', 'replayed'];

/** Undefined where nothing is stored that says why. */
export function reasonOf(entry: LedgerEntry, facts: ReasonFacts, at: EpochMs): VerdictReason | undefined {
  const { compiled } = facts;
  switch (entry.word) {
    case 'skipped(overlap)':
      return entry.detail === undefined ? undefined : { kind: 'run-lived', run: entry.detail };
    case 'merged':
      return mergedInto(entry, facts.ledger);
    case 'skipped(freeze)':
      return freezeAt(facts.freezes, at);
    case 'skipped(blackout)':
      return compiled.isBlackedOut(at) ? { kind: 'blackout' } : undefined;
    case 'missed(deadline)':
      return compiled.startDeadlineMs === undefined
        ? undefined
        : { kind: 'deadline', deadlineMs: compiled.startDeadlineMs };
    case 'missed(catch-up)':
      return { kind: 'catch-up', policy: compiled.catchUp, windowMs: compiled.catchUpWindowMs };
    default:
      return undefined;
  }
}

/** The nearest later fire time of the schedule that made a run: merged ones are committed together with it. */
function mergedInto({ schedule, to }: LedgerEntry, ledger: readonly LedgerEntry[]): VerdictReason | undefined {
  let nearest: EpochMs | undefined;
  for (const entry of ledger) {
    if (entry.schedule !== schedule || entry.from <= to || !MAKES_RUN.includes(entry.word)) continue;
    nearest = Math.min(nearest ?? Infinity, entry.from);
  }
  return nearest === undefined ? undefined : { kind: 'merged-into', fireTime: nearest };
}

/** A freeze also holds up fire times from before it, when they come to be judged in it. */
function freezeAt(freezes: readonly Freeze[], at: EpochMs): VerdictReason | undefined {
  const covering = freezes.find(({ from, until }) => at >= from && at < (until ?? Infinity));
  return covering && { kind: 'freeze', by: covering.by, why: covering.why, from: covering.from, until: covering.until };
}
