import type { KeyLimit } from '../limit.ts';
import type { RateLimit } from '../policy.ts';
import type { EpochMs } from '../time/units.ts';

/** How a key of a ready run stands. */
export type KeyFacts = {
  key: string;
  limit: KeyLimit;
  /** When its rate lets the next run start; undefined for at once. */
  nextStart: EpochMs | undefined;
  heldUntil: EpochMs | undefined;
  /** Runs that hold a slot; undefined where slots are not counted. */
  running: number | undefined;
  /** Some of these runs. */
  holders: readonly string[];
  /** The run whose turn it is, where its runs start one after the other. */
  turn: string | undefined;
};

/** A key that keeps a run from starting. */
export type LimitReason =
  /** `spent`: as many as its rate lets on have started. `held`: a partner or an operator said "not now". */
  | { kind: 'rate-limited'; key: string; until: EpochMs; why: 'spent' | 'held'; rate: RateLimit | undefined }
  | { kind: 'slots'; key: string; running: number; allowed: number; by: readonly string[] }
  | { kind: 'order'; key: string; turn: string };

/** Which of its keys hold a run up, in their order; one key can do so in several ways. */
export function reasonsOfLimits(run: string, keys: readonly KeyFacts[]): LimitReason[] {
  return keys.flatMap((facts) => reasonsOfKey(run, facts));
}

function reasonsOfKey(run: string, facts: KeyFacts): LimitReason[] {
  const { key, limit, nextStart, heldUntil, running = 0, holders, turn } = facts;
  const reasons: LimitReason[] = [];
  const until = heldUntil ?? nextStart;
  if (until !== undefined) {
    const why = heldUntil === undefined ? 'spent' : 'held';
    reasons.push({ kind: 'rate-limited', key, until, why, rate: limit.rate });
  }
  if (limit.concurrency !== undefined && running >= limit.concurrency) {
    reasons.push({ kind: 'slots', key, running, allowed: limit.concurrency, by: holders });
  }
  if (turn !== undefined && turn !== run) reasons.push({ kind: 'order', key, turn });
  return reasons;
}
