import type { Backfill } from '../backfill.ts';
import type { CompiledSchedule } from '../compiled_schedule.ts';
import { dueTimeOf } from '../due_times.ts';
import type { Freeze } from '../freeze.ts';
import { freezeAt } from '../spans.ts';
import type { StoredSchedule } from '../stored_schedule.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';
import type { LedgerEntry, VerdictWord } from '../verdict.ts';
import { reasonOf, type VerdictReason } from './verdict_reason.ts';

/** A verdict over the fire time, with what is stored of why. */
export type VerdictNote = {
  word: VerdictWord;
  /** It was given over this many neighbouring fire times together, from `from` to `to`. */
  from: EpochMs;
  to: EpochMs;
  count: number;
  /** How long after its due time it was committed, where the ledger says so (late, caught-up). */
  lateMs: DurationMs | undefined;
  reason: VerdictReason | undefined;
};

/** Where a fire time stands. All that is said of the past comes from the ledger. */
export type Standing =
  | { kind: 'judged'; verdicts: VerdictNote[] }
  /** It is the next without a verdict, or one after it, and its due time has passed. */
  | { kind: 'pending'; due: EpochMs }
  | { kind: 'to-come'; due: EpochMs; skipped: 'blackout' | 'freeze' | undefined }
  /** A catch-up or backfill will come to it. */
  | { kind: 'to-release'; backfill: string; what: Backfill['spec']['kind']; cursor: EpochMs; to: EpochMs }
  | {
      kind: 'no-fire-time';
      /** Names of the calendars that leave it out; `(in the rule)` for one that the rule itself holds. */
      excludedBy: string[];
      before: EpochMs | undefined;
      after: EpochMs | undefined;
    }
  /** The job was not registered then. */
  | { kind: 'before-registration'; registeredAt: EpochMs }
  /** Older than the oldest verdict that is kept. */
  | { kind: 'forgotten'; oldest: EpochMs }
  /** The rule names it now, but no verdict over it is kept: the schedule did not exist then or had another rule. */
  | { kind: 'unrecorded'; revision: number };

/** What is stored about a schedule and its past. */
export type FireTimeFacts = {
  stored: StoredSchedule;
  compiled: CompiledSchedule;
  /** Verdicts of the job, newest first, of all its schedules. */
  ledger: readonly LedgerEntry[];
  /** When the job was first registered. */
  registeredAt: EpochMs | undefined;
  freezes: readonly Freeze[];
  backfills: readonly Backfill[];
  /** Names of the calendars that leave an instant out. */
  excludedBy: (at: EpochMs) => string[];
};

/** Where one fire time of a schedule stands. Pure: what is not in the facts is not said. */
export function standingOf(facts: FireTimeFacts, at: EpochMs, now: EpochMs): Standing {
  const { stored, compiled, ledger } = facts;
  const isNamed = compiled.timing.next(at - 1) === at || at === stored.next;
  const verdicts = ledger.filter((entry) => covers(entry, stored.id, { at, isNamed }));
  if (verdicts.length > 0) return { kind: 'judged', verdicts: verdicts.map((entry) => toNote(entry, facts, at)) };
  if (!isNamed) {
    return {
      kind: 'no-fire-time',
      excludedBy: facts.excludedBy(at),
      before: compiled.timing.previous(at),
      after: compiled.timing.next(at),
    };
  }
  const releasing = facts.backfills.find(
    ({ spec, cursor }) => spec.schedule === stored.id && at >= cursor && at < spec.to && cursor > 0,
  );
  if (releasing !== undefined && (stored.next === 0 || at < stored.next)) {
    const { id, spec, cursor } = releasing;
    return { kind: 'to-release', backfill: id, what: spec.kind, cursor, to: spec.to };
  }
  return stored.next > 0 && at >= stored.next ? ahead(facts, at, now) : unjudged(facts, at);
}

function covers(entry: LedgerEntry, id: string, { at, isNamed }: { at: EpochMs; isNamed: boolean }): boolean {
  if (entry.schedule !== id) return false;
  if (at === entry.from || at === entry.to) return true;
  return isNamed && at > entry.from && at < entry.to;
}

function ahead({ stored, compiled, freezes }: FireTimeFacts, at: EpochMs, now: EpochMs): Standing {
  const due = dueTimeOf(stored.id, compiled, at);
  if (due <= now) return { kind: 'pending', due };
  const isFrozen = [at, due].some((instant) => freezeAt(freezes, instant) !== undefined);
  return { kind: 'to-come', due, skipped: isFrozen ? 'freeze' : compiled.isBlackedOut(at) ? 'blackout' : undefined };
}

function unjudged({ stored, ledger, registeredAt }: FireTimeFacts, at: EpochMs): Standing {
  if (registeredAt !== undefined && at < registeredAt) return { kind: 'before-registration', registeredAt };
  const oldest = ledger.at(-1)?.from;
  if (oldest !== undefined && at < oldest) return { kind: 'forgotten', oldest };
  return { kind: 'unrecorded', revision: stored.revision };
}

function toNote(entry: LedgerEntry, facts: FireTimeFacts, at: EpochMs): VerdictNote {
  const { word, from, to, count, detail } = entry;
  const isLate = (word === 'late' || word === 'caught-up') && detail !== undefined && /^\d+$/.test(detail);
  return { word, from, to, count, lateMs: isLate ? Number(detail) : undefined, reason: reasonOf(entry, facts, at) };
}
