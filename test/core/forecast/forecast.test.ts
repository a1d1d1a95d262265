import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forecast, type Forecast } from '../../../src/core/forecast/forecast.ts';
import type { ForecastEntry } from '../../../src/core/forecast/entry.ts';
import type { PoolSlots } from '../../../src/core/forecast/pool_shares.ts';

const FROM = Date.parse('2026-11-23T00:00:00Z');
const MINUTE = 60_000;
const HOUR = 60;
const POOLS: PoolSlots[] = [{ name: 'default', queues: ['*'], slots: 20 }];

/** Fire times `periodMs` apart, one of them `offsetMs` after `FROM`. */
function every(periodMs: number, offsetMs = 0): ForecastEntry['timing'] {
  const anchor = FROM + offsetMs;
  return { kind: 'interval', next: (after) => anchor + (Math.floor((after - anchor) / periodMs) + 1) * periodMs };
}

function entry(timing: ForecastEntry['timing'], over: Partial<ForecastEntry> = {}): ForecastEntry {
  return {
    job: 'poll',
    queue: 'default',
    timing,
    count: 1,
    share: 1,
    jitterMs: 0,
    windowMs: 0,
    overlap: 'many',
    expectedDurationMs: 1_000,
    mostRuns: undefined,
    isLeftOut: () => false,
    ...over,
  };
}

const ask = (entries: ForecastEntry[], minutes = 2 * HOUR, pools = POOLS): Forecast =>
  forecast({ entries, pools, from: FROM, minutes, busiest: 3 });

describe('fires per minute', () => {
  test('count each fire time in its minute, and equal schedules as often as they are', () => {
    const { fires, total } = ask([entry(every(15 * MINUTE)), entry(every(HOUR * MINUTE, 30 * MINUTE), { count: 40 })]);
    const found = [...fires.entries()].filter(([, value]) => value > 0);
    expect(found).toEqual([
      [0, 1],
      [15, 1],
      [30, 41],
      [45, 1],
      [60, 1],
      [75, 1],
      [90, 41],
      [105, 1],
    ]);
    expect(total).toBe(88);
  });

  test('spread jitter and window evenly over their minutes', () => {
    const { fires } = ask([entry(every(HOUR * MINUTE), { count: 30, jitterMs: 5 * MINUTE, windowMs: 10 * MINUTE })]);
    expect(Array.from(fires.slice(0, 16))).toEqual([...new Array<number>(15).fill(2), 0]);
    expect(fires[60]).toBe(2);
  });

  test('end a spread before the next fire time', () => {
    const { fires, total } = ask([entry(every(2 * MINUTE), { count: 10, windowMs: 60 * MINUTE })], 4);
    expect([...fires].map((value) => Math.round(value * 1_000) / 1_000)).toEqual([5, 5, 5, 5]);
    expect(total).toBe(20);
  });

  test('hold runs that came due before the first minute and start in it', () => {
    const { fires } = ask([entry(every(HOUR * MINUTE, 50 * MINUTE), { count: 20, windowMs: 20 * MINUTE })], HOUR);
    expect(Array.from(fires.slice(0, 11))).toEqual([...new Array<number>(10).fill(1), 0]);
  });

  test('leave out fire times of a blackout, and those after the last of maxRuns', () => {
    const blackout = entry(every(HOUR * MINUTE), { isLeftOut: (at) => at >= FROM + HOUR * MINUTE });
    expect(ask([blackout], 5 * HOUR).total).toBe(1);
    expect(ask([entry(every(HOUR * MINUTE), { mostRuns: 3 })], 5 * HOUR).total).toBe(3);
  });

  test('count a fixed delay from the end of the run before', () => {
    const delay = { kind: 'after-completion' as const, next: (after: number) => after + 4 * MINUTE };
    expect(ask([entry(delay, { expectedDurationMs: MINUTE })], 100).total).toBe(20);
  });

  test('start at the minute that the instant lies in', () => {
    const { from } = forecast({ entries: [], pools: POOLS, from: FROM + 59_999, minutes: 1, busiest: 1 });
    expect(from).toBe(FROM);
  });
});

describe('slots that are needed', () => {
  test('are the runs that live at once', () => {
    const [pool] = ask([entry(every(HOUR * MINUTE), { count: 140 }), entry(every(MINUTE), { count: 3 })]).pools;
    expect(pool?.slots[0]).toBe(143);
    expect(pool?.slots[1]).toBe(3);
    expect(pool?.peak).toEqual({ slots: 143, at: FROM });
  });

  test('grow with the expected duration, over the minutes that a run takes', () => {
    const [pool] = ask([entry(every(HOUR * MINUTE), { count: 7, expectedDurationMs: 3 * MINUTE })]).pools;
    expect([...(pool?.slots.slice(0, 5) ?? [])]).toEqual([7, 7, 7, 0, 0]);
  });

  test('count a run that began before the first minute', () => {
    const [pool] = ask([entry(every(HOUR * MINUTE, 30 * MINUTE), { expectedDurationMs: 45 * MINUTE })]).pools;
    expect([...(pool?.slots ?? [])].map((slots, i) => (slots > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([
      ...Array.from({ length: 15 }, (_, i) => i),
      ...Array.from({ length: 45 }, (_, i) => 30 + i),
      ...Array.from({ length: 30 }, (_, i) => 90 + i),
    ]);
  });

  test('never pass one for a schedule whose runs do not overlap', () => {
    const long = { expectedDurationMs: 10 * MINUTE };
    expect(ask([entry(every(MINUTE), { ...long, overlap: 'one' })]).pools[0]?.peak.slots).toBe(1);
    expect(ask([entry(every(MINUTE), { ...long, overlap: 'many' })]).pools[0]?.peak.slots).toBe(10);
  });

  test('tell how long the last run waits where there are not enough', () => {
    const [pool] = ask([entry(every(HOUR * MINUTE), { count: 140 })]).pools;
    expect(pool?.longestWait).toEqual({ ms: 6_000, at: FROM });
    expect(ask([entry(every(HOUR * MINUTE), { count: 20 })]).pools[0]?.longestWait.ms).toBe(0);
  });

  test('belong to the pool that names the queue, else to those that take every queue, evenly', () => {
    const pools: PoolSlots[] = [
      { name: 'heavy', queues: ['video'], slots: 2 },
      { name: 'a', queues: ['*'], slots: 5 },
      { name: 'b', queues: ['*'], slots: 5 },
    ];
    const answer = ask(
      [
        entry(every(HOUR * MINUTE), { queue: 'video', count: 4 }),
        entry(every(HOUR * MINUTE), { queue: 'mail', count: 10 }),
      ],
      HOUR,
      pools,
    );
    expect(answer.pools.map(({ name, peak, has }) => [name, peak.slots, has])).toEqual([
      ['heavy', 4, 2],
      ['a', 5, 5],
      ['b', 5, 5],
    ]);
    const lost = ask([entry(every(HOUR * MINUTE), { queue: 'mail' })], HOUR, pools.slice(0, 1));
    expect(lost.pools.map(({ name, peak }) => [name, peak.slots])).toEqual([
      ['heavy', 0],
      ['(no pool)', 1],
    ]);
  });
});

describe('the busiest minutes', () => {
  test('are named with the jobs in them, most first', () => {
    const { busiest } = ask([
      entry(every(HOUR * MINUTE), { job: 'report', count: 5 }),
      entry(every(30 * MINUTE), { job: 'sync', count: 9 }),
      entry(every(HOUR * MINUTE), { job: 'mail', count: 12, windowMs: 2 * MINUTE }),
    ]);
    expect(busiest).toEqual([
      {
        at: FROM,
        fires: 20,
        jobs: [
          { job: 'sync', fires: 9 },
          { job: 'mail', fires: 6 },
          { job: 'report', fires: 5 },
        ],
      },
      expect.objectContaining({ at: FROM + HOUR * MINUTE, fires: 20 }),
      expect.objectContaining({ at: FROM + 30 * MINUTE, fires: 9 }),
    ]);
  });

  test('are none where nothing fires', () => {
    expect(ask([]).busiest).toEqual([]);
  });
});

describe('a forecast', () => {
  const entries = fc.array(
    fc.record({
      everyS: fc.integer({ min: 1, max: 900 }),
      count: fc.integer({ min: 1, max: 5 }),
      durationS: fc.integer({ min: 1, max: 400 }),
      overlap: fc.constantFrom('one' as const, 'many' as const),
    }),
    { maxLength: 5 },
  );

  test('equals a count second by second', () => {
    fc.assert(
      fc.property(entries, (specs) => {
        const minutes = 30;
        const answer = ask(
          specs.map(({ everyS, count, durationS, overlap }) =>
            entry(every(everyS * 1_000), { count, overlap, expectedDurationMs: durationS * 1_000 }),
          ),
          minutes,
        );
        const alive = new Array<number>(minutes * 60).fill(0);
        const fires = new Array<number>(minutes).fill(0);
        for (const { everyS, count, durationS, overlap } of specs) {
          for (let t = -900; t < minutes * 60; t += 1) {
            if (t % everyS !== 0) continue;
            if (t >= 0) fires[Math.floor(t / 60)] = (fires[Math.floor(t / 60)] ?? 0) + count;
            const lasts = overlap === 'one' ? Math.min(durationS, everyS) : durationS;
            for (let s = Math.max(0, t); s < Math.min(t + lasts, minutes * 60); s += 1)
              alive[s] = (alive[s] ?? 0) + count;
          }
        }
        expect([...answer.fires]).toEqual(fires);
        const slots = fires.map((_, m) => Math.max(...alive.slice(m * 60, m * 60 + 60)));
        expect([...(answer.pools[0]?.slots ?? [])]).toEqual(slots);
      }),
      { numRuns: 60 },
    );
  });
});
