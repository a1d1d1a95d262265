import type { Freeze } from '../../src/core/freeze.ts';
import type { EpochMs } from '../../src/core/time/units.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';
import { judgePass, judgeRelease, type PassAnswer, type Policy } from './policy_model.ts';

export type ScheduleModelSpec = {
  policy: Policy;
  /** All fire times of the history, in order. */
  fireTimes: readonly EpochMs[];
  dueTimeOf?: (at: EpochMs) => EpochMs;
};

type ModelRun = { fireTime: EpochMs; state: 'live' | 'held' | 'cancelling' };

/**
 * One schedule with its runs, played fire time by fire time. The caller says when a leader passes, when a run ends, and
 * when a pause or a freeze begins and ends; the model says what each fire time came to.
 */
export type ScheduleModel = ReturnType<typeof createScheduleModel>;

export function createScheduleModel({ policy, fireTimes, dueTimeOf = (at) => at }: ScheduleModelSpec) {
  const verdicts = new Map<EpochMs, VerdictWord>();
  const freezes: Freeze[] = [];
  let waiting = [...fireTimes];
  const backlog: EpochMs[] = [];
  let runs: ModelRun[] = [];
  let made = 0;
  let paused: { until: EpochMs | undefined } | undefined;

  const note = (answer: PassAnswer): PassAnswer => {
    for (const [at, word] of answer.verdicts) verdicts.set(at, word);
    const judged = new Set([...answer.verdicts.keys(), ...answer.backlog]);
    waiting = waiting.filter((at) => !judged.has(at));
    backlog.push(...answer.backlog);
    made += answer.releases + (answer.fire === undefined ? 0 : 1);
    if (policy.maxRuns !== undefined && made >= policy.maxRuns) waiting = [];
    return answer;
  };

  const start = ({ fireTime, how }: NonNullable<PassAnswer['fire']>): void => {
    if (how === 'terminate') runs = [];
    if (how === 'cancel') {
      // Held ones are gone at once; running ones end when their worker obeys.
      runs = runs.filter(({ state }) => state !== 'held');
      for (const run of runs) run.state = 'cancelling';
    }
    const isHeld = how === 'hold' || (how === 'cancel' && runs.length > 0);
    runs.push({ fireTime, state: isHeld ? 'held' : 'live' });
  };

  const skipUntil = (end: EpochMs): void => {
    for (const at of waiting.filter((one) => one < end)) verdicts.set(at, 'skipped(paused)');
    waiting = waiting.filter((at) => at >= end);
    paused = undefined;
  };

  return {
    /** A leader looks at the schedule. Undefined where nothing is due. */
    pass(now: EpochMs): PassAnswer | undefined {
      if (paused !== undefined) {
        if (paused.until === undefined || paused.until > now) return undefined;
        skipUntil(paused.until);
      }
      const due = waiting.map((at) => ({ at, dueAt: dueTimeOf(at) })).filter(({ dueAt }) => dueAt <= now);
      if (due.length === 0) return undefined;
      const held = runs.filter(({ state }) => state === 'held').length;
      const answer = note(judgePass(policy, due, { now, live: runs.length, held, made, freezes }));
      if (answer.fire !== undefined) start(answer.fire);
      return answer;
    },

    /** The catch-up may release one fire time; those before it that are skipped by now are told with it. */
    release(now: EpochMs): { at: EpochMs; word: VerdictWord }[] {
      const isFrozen = freezes.some(({ from, until }) => now >= from && (until === undefined || now < until));
      const isBlocked = policy.overlap !== 'allow' && runs.length > 0;
      const told: { at: EpochMs; word: VerdictWord }[] = [];
      while (backlog.length > 0 && paused === undefined && !isFrozen && !isBlocked) {
        const at = backlog.shift() as EpochMs;
        const word = judgeRelease(policy, at, freezes, now);
        verdicts.set(at, word);
        told.push({ at, word });
        if (word !== 'caught-up') continue;
        runs.push({ fireTime: at, state: 'live' });
        break;
      }
      return told;
    },

    /** A run has ended. Where it was the last in the way of held ones, the oldest of them goes on. */
    end(fireTime: EpochMs): void {
      runs = runs.filter((run) => run.fireTime !== fireTime);
      const [oldest] = runs;
      if (oldest?.state === 'held') oldest.state = 'live';
    },

    pause(until?: EpochMs): void {
      paused = { until };
    },

    resume(now: EpochMs): void {
      skipUntil(Math.min(now + 1, paused?.until ?? Infinity));
    },

    freeze(freeze: Freeze): void {
      freezes.push(freeze);
    },

    /** Fire times of the runs that live, oldest first, and those of them that have begun or may. */
    runs: () => runs.map(({ fireTime, state }) => ({ fireTime, isHeld: state === 'held' })),
    backlog: () => [...backlog],
    waiting: () => [...waiting],
    /** The first due time after an instant. */
    nextDue(now: EpochMs): EpochMs | undefined {
      const at = waiting.find((one) => dueTimeOf(one) > now);
      return at === undefined ? undefined : dueTimeOf(at);
    },
    freezes: () => [...freezes],
    verdicts: () => new Map(verdicts),
    /** How many fire times came to each verdict. */
    counts(): Record<string, number> {
      const counts: Record<string, number> = {};
      for (const word of verdicts.values()) counts[word] = (counts[word] ?? 0) + 1;
      return counts;
    },
  };
}
