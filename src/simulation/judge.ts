import { MAX_COUNTED } from '../core/tick.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Verdict, VerdictWord } from '../core/verdict.ts';

/** A schedule as its rule alone tells it. */
export type ExpectedSchedule = {
  id: string;
  job: string;
  /**
   * `named`: the rule names these fire times in the span, in order. `once`: one fire time, whenever it was registered.
   * `chain`: each fire time is so long after the end of the run before.
   */
  fires: { kind: 'named'; fireTimes: readonly EpochMs[] } | { kind: 'once' } | { kind: 'chain'; followMs: DurationMs };
  maxRuns: number | undefined;
};

/** A run as it was found, finished or not. */
export type SeenRun = {
  id: string;
  fireTime: EpochMs;
  /** 0 where it never started. */
  startedAt: EpochMs;
  finishedAt: EpochMs | undefined;
};

/** What was found of one schedule: its verdicts, oldest first, its runs, and how often workers started each run. */
export type Evidence = {
  verdicts: readonly Verdict[];
  runs: readonly SeenRun[];
  starts: ReadonlyMap<string, number>;
};

/** Fire times in [from, to) are judged. */
export type Span = { from: EpochMs; to: EpochMs };
export type Offence = { schedule: string; at: EpochMs | undefined; what: string };
export type Judgement = { fireTimes: number; verdicts: Map<VerdictWord, number>; offences: Offence[] };

const MAKES_RUN: ReadonlySet<VerdictWord> = new Set(['fired', 'late', 'caught-up', 'replayed']);

/**
 * Asks of what was found, knowing nothing of how it came to be: has each fire time that the rule names exactly one
 * verdict, is there exactly one run where the verdict says so and none where it does not, was no run started twice or
 * early.
 */
export function judgeSchedule(schedule: ExpectedSchedule, evidence: Evidence, span: Span): Judgement {
  const { fires } = schedule;
  const within = evidence.verdicts.filter(({ from, to }) => to >= span.from && from < span.to);
  const fireTimes = fires.kind === 'named' ? fires.fireTimes : within.map(({ from }) => from).toSorted((a, b) => a - b);
  const known = { fireTimes: [...new Set(fireTimes)], byTime: groupRuns(evidence.runs) };
  const { told, offences: misplaced } = tellFireTimes(known.fireTimes, within, span);
  const offences = [
    ...misplaced,
    ...judgeCount(schedule, evidence),
    ...judgeFireTimes(schedule, { ...known, told }),
    ...judgeRuns(known, evidence, span),
    ...(fires.kind === 'chain' ? judgeChain(known, { ...fires, maxRuns: schedule.maxRuns }, span) : []),
  ];
  return {
    fireTimes: known.fireTimes.length,
    verdicts: countWords(told),
    offences: offences.map((offence) => ({ schedule: schedule.id, ...offence })),
  };
}

type Found = Omit<Offence, 'schedule'>;
type Known = { fireTimes: readonly EpochMs[]; byTime: ReadonlyMap<EpochMs, SeenRun[]> };

/** The words over each fire time, in order. */
function tellFireTimes(fireTimes: readonly EpochMs[], verdicts: readonly Verdict[], span: Span) {
  const told: VerdictWord[][] = fireTimes.map(() => []);
  const offences: Found[] = [];
  for (const { word, from, to, count } of verdicts) {
    const first = indexFrom(fireTimes, from);
    const end = indexFrom(fireTimes, to + 1);
    for (let i = first; i < end; i += 1) told[i]?.push(word);
    if (from < span.from || to >= span.to) continue; // begins or ends outside: only its part inside can be compared
    const named = end - first;
    const isCounted = named === count || (count >= MAX_COUNTED && named > count);
    if (!isCounted) offences.push({ at: from, what: `${word} over ${count} fire times, and the rule names ${named}` });
    else if (fireTimes[first] !== from || fireTimes[end - 1] !== to) {
      offences.push({ at: from, what: `${word} begins or ends at an instant that the rule does not name` });
    }
  }
  return { told, offences };
}

function judgeCount({ fires }: ExpectedSchedule, { verdicts }: Evidence): Found[] {
  if (fires.kind !== 'once') return [];
  const count = verdicts.reduce((sum, verdict) => sum + verdict.count, 0);
  return count === 1 ? [] : [{ at: verdicts[0]?.from, what: `${count} verdicts, and it fires once per deployment` }];
}

function judgeFireTimes({ maxRuns = Infinity }: ExpectedSchedule, known: Known & { told: VerdictWord[][] }): Found[] {
  const offences: Found[] = [];
  let made = 0;
  known.fireTimes.forEach((at, i) => {
    const words = known.told[i] ?? [];
    const runs = known.byTime.get(at)?.length ?? 0;
    const hasEnded = made >= maxRuns;
    if (words.length > 1) offences.push({ at, what: `twice: ${words.join(' and ')}` });
    else if (hasEnded && words.length > 0) offences.push({ at, what: `${words.join()} after the last of its runs` });
    else if (!hasEnded && words.length === 0) offences.push({ at, what: 'lost: it has no verdict' });
    const expected = words.some((word) => MAKES_RUN.has(word)) ? 1 : 0;
    if (runs < expected) offences.push({ at, what: `lost: its verdict is ${words.join()}, and no run was made` });
    if (runs > expected) offences.push({ at, what: `${runs} runs were made, and its verdict asks for ${expected}` });
    made += expected;
  });
  return offences;
}

function judgeRuns({ fireTimes, byTime }: Known, { starts }: Evidence, span: Span): Found[] {
  const offences: Found[] = [];
  for (const [at, runs] of byTime) {
    const isInside = at >= span.from && at < span.to;
    if (isInside && fireTimes[indexFrom(fireTimes, at)] !== at) {
      offences.push({ at, what: 'a run was made, and the rule names no fire time here' });
    }
    for (const { id, startedAt } of runs) {
      const count = starts.get(id) ?? 0;
      if (count > 1) offences.push({ at, what: `twice: workers started ${id} ${count} times` });
      if (startedAt > 0 && startedAt < at)
        offences.push({ at, what: `early: ${id} started ${at - startedAt} ms before` });
    }
  }
  return offences;
}

type Chain = { followMs: DurationMs; maxRuns: number | undefined };

/** Each link begins where the run before has ended; a chain that stops before its last run has lost what would have come next. */
function judgeChain(
  { fireTimes, byTime }: Known,
  { followMs, maxRuns = Infinity }: Chain,
  { from, to }: Span,
): Found[] {
  const offences: Found[] = [];
  const hasEnded = byTime.size >= maxRuns;
  fireTimes.forEach((at, i) => {
    const ended = byTime.get(at)?.[0]?.finishedAt;
    if (ended === undefined) return; // it lives, or no run was made: the delay counts from then on
    const next = fireTimes[i + 1];
    const due = ended + followMs;
    if (next === undefined ? !hasEnded && due < to : next !== due) {
      offences.push({ at: due, what: `lost: the run before ended ${followMs} ms earlier, and it has no verdict` });
    }
  });
  if (fireTimes.length === 0 && from + followMs < to) offences.push({ at: from, what: 'lost: it never fired' });
  return offences;
}

function groupRuns(runs: readonly SeenRun[]): Map<EpochMs, SeenRun[]> {
  const byTime = new Map<EpochMs, SeenRun[]>();
  for (const run of runs) {
    const together = byTime.get(run.fireTime);
    if (together === undefined) byTime.set(run.fireTime, [run]);
    else together.push(run);
  }
  return byTime;
}

function countWords(told: readonly VerdictWord[][]): Map<VerdictWord, number> {
  const counts = new Map<VerdictWord, number>();
  for (const words of told) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Index of the first fire time at or after an instant. */
function indexFrom(fireTimes: readonly EpochMs[], instant: EpochMs): number {
  let low = 0;
  let high = fireTimes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((fireTimes[middle] as EpochMs) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
