import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { DurationMs, EpochMs } from '../../src/core/time/units.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';
import { playOutage, type MadeRun, type Outage, type PlayedOutage, type PlayedRule } from '../support/played_outage.ts';
import { startRedis } from '../support/redis.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();
const SECOND = 1_000;

/** BELFRY_CATCH_UP_RATE, and the burst that comes with it: a tenth. */
const PER_SECOND = 400;
const BURST = 40;
/** The rate of each schedule. */
const RATE: [number, DurationMs] = [2, SECOND];
const GONE = START + 10_320;
const BACK = GONE + 120 * SECOND;
/** Fire times go on until here, so that live work meets the catch-up. */
const END = START + 150 * SECOND;
const OUTAGE: Outage = {
  gone: GONE,
  back: BACK,
  // The lead changes once more while runs are being released.
  handover: BACK + 15 * SECOND,
  end: END,
  // About 18,000 releases at 400 a second, and 119 of one schedule at 2 a second: well below this.
  patience: BACK + 90 * SECOND,
  // So often that the burst alone does not keep the rate.
  passMs: 60,
  perSecond: PER_SECOND,
};

/** A job for each policy. */
const POLICIES = { none: { m: 'none' }, latest: {}, all: { m: 'all' }, 'max-5': { m: 5 } } as const satisfies Record<
  string,
  Pick<ScheduleRule, 'm'>
>;
type PolicyName = keyof typeof POLICIES;
const NAMES = Object.keys(POLICIES) as PolicyName[];

/** How many fire times fall into the two minutes, and how late the newest of them is when a leader is back. */
const PERIODS: { when: ScheduleRule; missed: number; lateMs: DurationMs }[] = [
  { when: { e: SECOND }, missed: 120, lateMs: 320 },
  { when: { e: 5 * SECOND }, missed: 24, lateMs: 320 },
  { when: { e: 10 * SECOND }, missed: 12, lateMs: 320 },
  { when: { e: 60 * SECOND }, missed: 2, lateMs: 10_320 },
  { when: { c: '7/15 * * * * *' }, missed: 8, lateMs: 3_320 },
];
/** Schedules of each policy and period. */
const EACH = 100;

/** What the fire times of the two minutes come to, each sum in the order of the periods. */
const STATED: Record<PolicyName, Partial<Record<VerdictWord, number>>> = {
  // The newest still fires where it is not more than 10 s late.
  none: { 'missed(catch-up)': EACH * (119 + 23 + 11 + 2 + 7), fired: EACH * 3, late: EACH },
  latest: { merged: EACH * (119 + 23 + 11 + 1 + 7), 'caught-up': EACH * 5 },
  all: { 'caught-up': EACH * (119 + 23 + 11 + 1 + 7), fired: EACH * 3, late: EACH * 2 },
  'max-5': {
    merged: EACH * (115 + 19 + 7 + 0 + 3),
    'caught-up': EACH * (4 + 4 + 4 + 1 + 4),
    fired: EACH * 3,
    late: EACH * 2,
  },
};
const RELEASED = EACH * (119 + 23 + 11 + 1 + 7) + EACH * (4 + 4 + 4 + 1 + 4);

type Sample = PlayedRule & { policy: PolicyName; period: (typeof PERIODS)[number] };

/** 500 schedules of each policy; every other one may run beside itself. */
const SAMPLES: Sample[] = NAMES.flatMap((policy) =>
  PERIODS.flatMap((period, p) =>
    Array.from({ length: EACH }, (_, i): Sample => {
      const id = `${policy}:${String(p)}-${String(i)}`;
      const overlap: Pick<ScheduleRule, 'o'> = i % 2 === 0 ? {} : { o: 'allow' };
      const rule = { ...period.when, q: END, ...overlap, ...POLICIES[policy], h: RATE };
      return { id, policy, period, rule, fireTimes: fireTimesOf(id, rule) };
    }),
  ),
);

function fireTimesOf(id: string, rule: ScheduleRule): EpochMs[] {
  const { timing } = compileSchedule(id, rule);
  const times: EpochMs[] = [];
  for (let at = timing.next(START - 1); at !== undefined; at = timing.next(at)) times.push(at);
  return times;
}

const isMissed = (at: EpochMs): boolean => at > GONE && at <= BACK;
const fireTimeOf = (run: string): EpochMs => Number(run.slice(run.indexOf('@') + 1));
const scheduleOf = (run: string): string => run.slice(0, run.indexOf('@'));

/** What a policy says about the missed fire times of a schedule, oldest first. */
function statedWords({ policy, period: { missed, lateMs } }: Sample): VerdictWord[] {
  const newest = lateMs <= SECOND ? 'fired' : 'late';
  const many = (word: VerdictWord, count = missed - 1): VerdictWord[] => new Array<VerdictWord>(count).fill(word);
  switch (policy) {
    case 'none':
      return [...many('missed(catch-up)'), lateMs > 10 * SECOND ? 'missed(catch-up)' : newest];
    case 'latest':
      return [...many('merged'), 'caught-up'];
    case 'all':
      return [...many('caught-up'), newest];
    case 'max-5': {
      const released = Math.min(4, missed - 1);
      return [...many('merged', missed - 1 - released), ...many('caught-up', released), newest];
    }
  }
}

let played: Promise<PlayedOutage> | undefined;
/** Played once, by whichever test comes first. */
const play = (): Promise<PlayedOutage> =>
  (played ??= openTestShard(redis).then((shard) => playOutage(shard, SAMPLES, OUTAGE)));

describe('after two minutes without a leader, under 500 schedules of each catch-up policy', { timeout: 60_000 }, () => {
  test('each policy has as many fire times caught up, merged and missed as it states', async () => {
    const { verdicts } = await play();
    const counts: Record<PolicyName, Partial<Record<VerdictWord, number>>> = {
      none: {},
      latest: {},
      all: {},
      'max-5': {},
    };
    for (const { id, policy } of SAMPLES) {
      for (const [at, word] of verdicts.get(id) ?? []) {
        if (isMissed(at)) counts[policy][word] = (counts[policy][word] ?? 0) + 1;
      }
    }
    expect(counts).toEqual(STATED);
  });

  test('every fire time has exactly one verdict, and the one that its policy states', async () => {
    const { verdicts } = await play();
    for (const sample of SAMPLES) {
      const { id, fireTimes } = sample;
      const stated = statedWords(sample);
      const expected = fireTimes.map((at) => [at, isMissed(at) ? stated.shift() : 'fired']);
      expect(stated).toEqual([]);
      expect(verdicts.get(id), id).toEqual(expected);
    }
  });

  test('every verdict that stands for a run has exactly one, and nothing else ran', async () => {
    const { made, verdicts } = await play();
    const expected = [...verdicts].flatMap(([id, words]) =>
      words.flatMap(([at, word]) => (['fired', 'late', 'caught-up'].includes(word) ? [`${id}@${String(at)}`] : [])),
    );
    expect(made.map(({ id }) => id).sort()).toEqual(expected.sort());
  });

  test('what is released keeps to BELFRY_CATCH_UP_RATE in any span of time, through a change of leaders too', async () => {
    const { made } = await play();
    const released = made.filter(({ traffic }) => traffic === 'catch-up').map(({ at }) => at);
    expect(released).toHaveLength(RELEASED);
    const passes = new Map<EpochMs, number>();
    for (const at of released) passes.set(at, (passes.get(at) ?? 0) + 1);
    let beyondRate = -Infinity;
    for (const from of passes.keys()) {
      let count = 0;
      for (const [at, more] of passes) {
        if (at < from) continue;
        count += more;
        beyondRate = Math.max(beyondRate, count - (PER_SECOND * (at - from)) / SECOND);
      }
    }
    expect(beyondRate).toBeLessThanOrEqual(BURST);
    // Nor is it slower than it must be while each schedule has something left to release.
    const atFirst = released.filter((at) => at < BACK + 15 * SECOND).length;
    expect(atFirst).toBeGreaterThan(0.85 * 15 * PER_SECOND);
  });

  test('each schedule is caught up oldest first, and not faster than its own rate says', async () => {
    const { made } = await play();
    const newest = new Map<string, MadeRun>();
    const wrong: [MadeRun, MadeRun][] = [];
    for (const run of made) {
      if (run.traffic === 'live') continue;
      const before = newest.get(scheduleOf(run.id));
      newest.set(scheduleOf(run.id), run);
      if (before === undefined) continue;
      if (fireTimeOf(before.id) >= fireTimeOf(run.id) || run.at - before.at < RATE[1] / RATE[0])
        wrong.push([before, run]);
    }
    expect(newest.size).toBe(2 * PERIODS.length * EACH);
    expect(wrong).toEqual([]);
  });

  test('live fire times start in the pass that they are due in, whatever is being caught up', async () => {
    const { made } = await play();
    const live = made.filter(({ traffic, at }) => traffic === 'live' && at > BACK);
    expect(live).toHaveLength(SAMPLES.flatMap(({ fireTimes }) => fireTimes.filter((at) => at > BACK)).length);
    expect(live.filter(({ id, at }) => at - fireTimeOf(id) >= OUTAGE.passMs)).toEqual([]);
  });
});
