import type { BackfillSpec } from './backfill.ts';
import type { CompiledSchedule } from './compiled_schedule.ts';
import type { Span } from './spans.ts';
import type { StoredSchedule } from './stored_schedule.ts';
import type { Timing } from './time/timing.ts';
import type { EpochMs } from './time/units.ts';
import { countBetween, verdictsBetween } from './verdict_range.ts';
import type { Verdict, VerdictWord } from './verdict.ts';

/** What is done about the fire times before the head, oldest first. */
export type CatchUpPlan = {
  verdicts: Verdict[];
  /** First and last of the fire times that are left to be released. */
  release: { from: EpochMs; to: EpochMs; count: number } | undefined;
};

export type CatchUpFacts = {
  compiled: CompiledSchedule;
  /** See `mostRuns`. */
  most: number;
  now: EpochMs;
};

/**
 * How many fire times that are due get a run of their own, the head included. A schedule that ends after so many runs keeps
 * to that: the newest of them run.
 */
export function mostRuns({ catchUp, maxRuns }: CompiledSchedule, made: number): number {
  const wanted = typeof catchUp === 'number' ? catchUp : catchUp === 'all' ? Infinity : 1;
  return maxRuns === undefined ? wanted : Math.max(1, Math.min(wanted, maxRuns - made));
}

/** Whether fire times of these spans, all before the head, are merged into it. */
export function isMerging(spans: readonly Span[], { compiled, most, now }: CatchUpFacts): boolean {
  if (most !== 1 || compiled.catchUp === 'none') return false;
  const newest = spans.findLast(({ fate }) => fate === 'open');
  return newest !== undefined && newest.to >= now - compiled.catchUpWindowMs;
}

/** `missed`: the head was too old, and so are all before it. */
export function judgeEarlier(
  spans: readonly Span[],
  facts: CatchUpFacts,
  missed: VerdictWord | undefined,
): CatchUpPlan {
  const { compiled } = facts;
  const isNone = missed !== undefined || compiled.catchUp === 'none';
  const limits = isNone ? { missed: [], release: undefined } : limitsOf(spans, facts);
  const { release } = limits;
  const verdicts = spans.flatMap((span): Verdict[] => {
    if (span.fate === 'open') {
      return isNone ? tell(compiled, span, missed ?? 'missed(catch-up)') : tellOpen(compiled, span, limits);
    }
    // What lies between the released ones is judged when they are.
    const isBetween = release !== undefined && span.from >= release.from && span.to <= release.to;
    return isBetween ? [] : tell(compiled, span, span.fate);
  });
  return { verdicts, release };
}

/** One verdict over a whole span. */
export function tell({ timing }: CompiledSchedule, { from, to, detail }: Span, word: VerdictWord): Verdict[] {
  return verdictsBetween(timing, { word, detail }, from, to + 1);
}

/** Words and the instants up to which they are said, in order; the rest up to the release is merged. */
type Limits = { missed: [VerdictWord, EpochMs][]; release: CatchUpPlan['release'] };

function limitsOf(spans: readonly Span[], { compiled, most, now }: CatchUpFacts): Limits {
  const { startDeadlineMs, catchUpWindowMs } = compiled;
  const windowStart = now - catchUpWindowMs;
  // Those merged into the head need no deadline of their own: the head keeps to it.
  if (most === 1) return { missed: [['missed(catch-up)', windowStart]], release: undefined };
  const onTime = startDeadlineMs === undefined ? -Infinity : now - startDeadlineMs;
  const missed: Limits['missed'] = [
    ['missed(deadline)', onTime],
    ['missed(catch-up)', windowStart],
  ];
  return { missed, release: chooseRelease(spans, compiled, Math.max(onTime, windowStart), most - 1) };
}

function tellOpen({ timing }: CompiledSchedule, span: Span, { missed, release }: Limits): Verdict[] {
  const end = span.to + 1;
  const verdicts: Verdict[] = [];
  let from = span.from;
  for (const [word, until] of [...missed, ['merged', release?.from ?? end] as const]) {
    const cut = firstFrom(timing, span, until);
    verdicts.push(...verdictsBetween(timing, { word }, from, cut));
    from = Math.max(from, cut);
  }
  return verdicts;
}

/** The first fire time of a span at or after an instant; one past its last where there is none. */
function firstFrom(timing: Timing, { from, to }: Span, instant: EpochMs): EpochMs {
  if (instant <= from) return from;
  return instant > to ? to + 1 : Math.min(timing.next(instant - 1) ?? to + 1, to + 1);
}

/** The newest `most` fire times, none older than `oldest`, that may run. */
function chooseRelease(
  spans: readonly Span[],
  { timing }: CompiledSchedule,
  oldest: EpochMs,
  most: number,
): CatchUpPlan['release'] {
  const open = spans.filter(({ fate, to }) => fate === 'open' && to >= oldest);
  const to = open.at(-1)?.to;
  if (to === undefined) return undefined;
  let from = to;
  let count = 0;
  for (const span of open.reverse()) {
    const first = firstFrom(timing, span, oldest);
    if (most === Infinity) {
      from = first;
      count += countBetween(timing, first, span.to + 1).count;
      continue;
    }
    // The first may be a fire time of an older rule, which the timing does not name.
    for (let at = span.to; count < most; at = Math.max(timing.previous(at) ?? first, first)) {
      from = at;
      count += 1;
      if (at === first) break;
    }
  }
  return { from, to, count };
}

/** What is left to be released. A schedule that allows overlaps catches up beside its live runs, any other one by one. */
export function catchUpSpec(
  schedule: StoredSchedule,
  { overlap, catchUpRate }: CompiledSchedule,
  release: { from: EpochMs; to: EpochMs },
  now: EpochMs,
): BackfillSpec {
  return {
    schedule: schedule.id,
    kind: 'catch-up',
    from: release.from,
    to: release.to + 1,
    overlap: overlap === 'allow' ? 'allow' : 'buffer-all',
    rate: catchUpRate,
    ruleJson: schedule.ruleJson,
    at: now,
  };
}
