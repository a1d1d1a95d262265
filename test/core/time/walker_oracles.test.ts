import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileTiming } from '../../../src/core/time/timing.ts';
import { offsetAt, openZone } from '../../../src/core/time/zone.ts';

/**
 * Two other libraries as judges. They meet a change of the clock by other rules, and they differ on a starred step in a
 * day field and on what L and # are called, so they are asked where all agree: plain fields, away from such changes.
 */
const DAY = 86_400_000;
/** The oracles take up to 10 ms for an answer. */
const SLOW_MS = 60_000;
const zones = fc.constantFrom(
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'UTC',
);
const instants = fc.integer({ min: Date.UTC(2001, 0, 1), max: Date.UTC(2060, 0, 1) });

function numbers(min: number, max: number): fc.Arbitrary<string> {
  const one = fc.integer({ min, max });
  const list = fc.uniqueArray(one, { minLength: 1, maxLength: 4 }).map((values) => values.join(','));
  const range = fc.tuple(one, one).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: max - min }).map((size) => `*/${size}`);
  return fc.oneof(fc.constant('*'), list, range, step);
}

const unstarred = (min: number, max: number): fc.Arbitrary<string> =>
  numbers(min, max).filter((text) => !text.includes('*'));
const days = fc.oneof(
  fc.constant(['*', '*']),
  fc.tuple(fc.oneof(unstarred(1, 28), fc.constant('L')), fc.constant('*')),
  fc.tuple(fc.constant('*'), unstarred(0, 6)),
  fc.tuple(unstarred(1, 28), unstarred(0, 6)),
);
const months = fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, { weight: 1, arbitrary: numbers(1, 12) });
const expressions = fc
  .record({ minute: numbers(0, 59), hour: numbers(0, 23), days, month: months })
  .map(({ minute, hour, days: [day = '*', week = '*'], month }) => `${minute} ${hour} ${day} ${month} ${week}`);

/** Steps the oracle and us from the same instants; far from a change of the clock the answers must be the same. */
function compareWith(oracle: (text: string, zone: string, after: number) => number | undefined, stepsPerRun: number) {
  let compared = 0;
  const property = fc.property(expressions, zones, instants, (text, zone, start) => {
    const timing = compileTiming({ c: text, z: zone }, '');
    let at = start;
    for (let step = 0; step < stepsPerRun; step++) {
      const next = timing.next(at) ?? Number.NaN;
      if (isQuiet(zone, at) && isQuiet(zone, next)) {
        expect(new Date(oracle(text, zone, at) ?? 0).toISOString(), `${text} ${zone} after ${at}`).toBe(
          new Date(next).toISOString(),
        );
        compared++;
      }
      at = next;
    }
  });
  return { property, count: () => compared };
}

function isQuiet(zone: string, at: number): boolean {
  const offsets = [-4, -3, -2, -1, 0, 1].map((shift) => offsetAt(openZone(zone), at + shift * DAY));
  return offsets.every((offset) => offset === offsets[0]);
}

test(
  'croner finds the same fire times, 10 from each of 2,200 random starts',
  () => {
    const cache = new Map<string, Cron>();
    const { property, count } = compareWith((text, zone, after) => {
      const key = `${text} ${zone}`;
      if (!cache.has(key)) cache.clear();
      const cron = cache.get(key) ?? new Cron(text, { timezone: zone, paused: true });
      cache.set(key, cron);
      return cron.nextRun(new Date(after))?.getTime();
    }, 10);
    fc.assert(property, { numRuns: 2_200 });
    expect(count()).toBeGreaterThan(20_000);
  },
  SLOW_MS,
);

/** Fire times that are compared of each random start. */
const STEPS = 120;

test(
  'cron-parser finds the same fire times, its iterator started anew three days early, 120 from each of 320 random starts',
  () => {
    let compared = 0;
    const property = fc.property(expressions, zones, instants, (text, zone, start) => {
      const timing = compileTiming({ c: text, z: zone }, '');
      const oracle = cronParserFrom(text, zone, start);
      let at = start;
      for (let step = 0; step < STEPS; step++) {
        const next = timing.next(at) ?? Number.NaN;
        // Past a change of the clock its iterator may be out of step, or give up, so the rest of the walk is no evidence.
        if (!isQuiet(zone, at) || !isQuiet(zone, next) || next - at > 20 * DAY) break;
        expect(new Date(oracle()).toISOString(), `${text} ${zone} after ${at}`).toBe(new Date(next).toISOString());
        compared++;
        at = next;
      }
    });
    fc.assert(property, { numRuns: 320 });
    expect(compared).toBeGreaterThan(20_000);
  },
  SLOW_MS,
);

/** The fire times after `start`, one with each call. The iterator is started three days before it. */
function cronParserFrom(text: string, zone: string, start: number): () => number {
  const iterator = CronExpressionParser.parse(text, { currentDate: start - 3 * DAY, tz: zone });
  return () => {
    let next = iterator.next().getTime();
    while (next <= start) next = iterator.next().getTime();
    return next;
  };
}
