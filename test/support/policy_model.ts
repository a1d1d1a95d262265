import type { Freeze } from '../../src/core/freeze.ts';
import type { OverlapPolicy } from '../../src/core/job.ts';
import type { DurationMs, EpochMs } from '../../src/core/time/units.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';

/**
 * The policies in words, over lists of single fire times: slow, and written without a look at the planner, which must give
 * each fire time the same verdict. `createScheduleModel` in schedule_model.ts plays whole histories with it.
 */
export type Policy = {
  overlap: OverlapPolicy;
  catchUp: 'none' | 'latest' | 'all' | number;
  windowMs: DurationMs;
  deadlineMs: DurationMs | undefined;
  isBlackedOut: (at: EpochMs) => boolean;
  maxRuns: number | undefined;
};

export const OPEN_POLICY: Policy = {
  overlap: 'skip',
  catchUp: 'latest',
  windowMs: 86_400_000,
  deadlineMs: undefined,
  isBlackedOut: () => false,
  maxRuns: undefined,
};

const LATE_MS = 1_000;
const GRACE_MS = 10_000;
const MOST_HELD = 1_000;

/** A fire time without a verdict whose due time has come. */
export type DueTime = { at: EpochMs; dueAt: EpochMs };

export type PassFacts = {
  now: EpochMs;
  /** Runs of the schedule that live, the held ones included. */
  live: number;
  held: number;
  /** Runs made so far. */
  made: number;
  freezes: readonly Freeze[];
  wasCommitted?: (at: EpochMs) => boolean;
};

export type How = 'ready' | 'hold' | 'cancel' | 'terminate';

export type PassAnswer = {
  verdicts: Map<EpochMs, VerdictWord>;
  fire: { fireTime: EpochMs; how: How } | undefined;
  /** Left for the catch-up, oldest first: those to be released, and those between them that will be skipped then. */
  backlog: EpochMs[];
  /** How many of the backlog count as runs. */
  releases: number;
};

/** Why a fire time may not run, whatever the other policies say. */
function banOn(policy: Policy, at: EpochMs, freezes: readonly Freeze[], now: EpochMs): VerdictWord | undefined {
  const isOn = (instant: EpochMs): boolean =>
    freezes.some(({ from, until }) => instant >= from && (until === undefined || instant < until));
  if (isOn(now) || isOn(at)) return 'skipped(freeze)';
  return policy.isBlackedOut(at) ? 'skipped(blackout)' : undefined;
}

/** What a leader that looks at `now` must do about the fire times that have come due, oldest first. */
export function judgePass(policy: Policy, due: readonly DueTime[], facts: PassFacts): PassAnswer {
  const { now } = facts;
  const answer: PassAnswer = { verdicts: new Map(), fire: undefined, backlog: [], releases: 0 };
  const allowed: DueTime[] = [];
  for (const one of due) {
    const ban = banOn(policy, one.at, facts.freezes, now);
    if (ban === undefined) allowed.push(one);
    else answer.verdicts.set(one.at, ban);
  }
  const head = allowed.pop();
  if (head === undefined) return answer;
  const tooOld = missOfHead(policy, head, now);
  if (tooOld !== undefined) {
    for (const { at } of [...allowed, head]) answer.verdicts.set(at, tooOld);
    return answer;
  }
  const most = mostOf(policy, facts.made);
  const released: EpochMs[] = [];
  let isJoined = false;
  for (const { at } of allowed.toReversed()) {
    const fate = fateOfEarlier(policy, at, now, most);
    if (fate !== 'merged') answer.verdicts.set(at, fate);
    else if (released.length < most - 1) released.unshift(at);
    else {
      answer.verdicts.set(at, 'merged');
      isJoined = most === 1;
    }
  }
  takeBacklog(answer, due, released);
  judgeHead(policy, head, facts, { answer, isJoined });
  return answer;
}

function mostOf({ catchUp, maxRuns }: Policy, made: number): number {
  const wanted = catchUp === 'all' ? Infinity : typeof catchUp === 'number' ? catchUp : 1;
  return Math.min(wanted, maxRuns === undefined ? Infinity : maxRuns - made);
}

function missOfHead({ catchUp, windowMs, deadlineMs }: Policy, head: DueTime, now: EpochMs): VerdictWord | undefined {
  if (deadlineMs !== undefined && now > head.at + deadlineMs) return 'missed(deadline)';
  if (now - head.dueAt <= GRACE_MS) return undefined;
  return catchUp === 'none' || now > head.at + windowMs ? 'missed(catch-up)' : undefined;
}

function fateOfEarlier({ catchUp, windowMs, deadlineMs }: Policy, at: EpochMs, now: EpochMs, most: number) {
  if (catchUp === 'none') return 'missed(catch-up)';
  if (most > 1 && deadlineMs !== undefined && now > at + deadlineMs) return 'missed(deadline)';
  return now > at + windowMs ? 'missed(catch-up)' : 'merged';
}

function takeBacklog(answer: PassAnswer, due: readonly DueTime[], released: EpochMs[]): void {
  const [oldest = Infinity] = released;
  const newest = released.at(-1) ?? -Infinity;
  answer.releases = released.length;
  answer.backlog = due.map(({ at }) => at).filter((at) => at >= oldest && at <= newest);
  for (const at of answer.backlog) answer.verdicts.delete(at);
}

type HeadFacts = { answer: PassAnswer; isJoined: boolean };

function judgeHead(policy: Policy, { at, dueAt }: DueTime, facts: PassFacts, { answer, isJoined }: HeadFacts): void {
  const how = overlapOf(policy.overlap, facts);
  if (how === undefined) {
    answer.verdicts.set(at, 'skipped(overlap)');
    return;
  }
  answer.fire = { fireTime: at, how };
  if (facts.wasCommitted?.(at) === true) answer.verdicts.set(at, 'replayed');
  else if (isJoined) answer.verdicts.set(at, 'caught-up');
  else answer.verdicts.set(at, facts.now - dueAt > LATE_MS ? 'late' : 'fired');
}

function overlapOf(overlap: OverlapPolicy, { live, held }: PassFacts): How | undefined {
  if (live === 0 || overlap === 'allow') return 'ready';
  if (overlap === 'skip') return undefined;
  if (overlap === 'buffer-one') return held > 0 ? undefined : 'hold';
  if (overlap === 'buffer-all') return held >= MOST_HELD ? undefined : 'hold';
  return overlap;
}

/** What becomes of a fire time of the backlog when its turn to be released has come. */
export function judgeRelease(policy: Policy, at: EpochMs, freezes: readonly Freeze[], now: EpochMs): VerdictWord {
  const ban = banOn(policy, at, freezes, now);
  if (ban !== undefined) return ban;
  return policy.deadlineMs !== undefined && now > at + policy.deadlineMs ? 'missed(deadline)' : 'caught-up';
}
