import fc from 'fast-check';
import { expect } from 'vitest';
import type { Timing } from '../../../src/core/time/timing.ts';

export const zones = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));
/** Zones whose clocks change by an hour, half an hour, at midnight, by a whole day, or never. */
export const hardZones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Kathmandu',
);
export const dstTexts = fc.constantFrom(
  undefined,
  'cronos',
  'quartz',
  'kubernetes',
  ...['transition', 'shift', 'skip'].flatMap((gap) =>
    ['first', 'last', 'both'].map((overlap) => `${gap} ${overlap} or`),
  ),
);
/** Years with changes of every kind. */
export const instants = fc.integer({ min: Date.UTC(2005, 0, 1), max: Date.UTC(2040, 0, 1) });

/** At most so many answers, as long as they are inside. */
type Walk = { count?: number; isInside?: (at: number) => boolean };

/** The answers of one direction, beginning at an instant that does not count. */
export function walk(step: Timing['next'], from: number, { count = Infinity, isInside = () => true }: Walk): number[] {
  const times: number[] = [];
  for (let at = step(from); at !== undefined && times.length < count && isInside(at); at = step(at)) times.push(at);
  return times;
}

/** What each timing has to keep, whatever it names: checked around an instant. */
export function assertLaws(timing: Timing, at: number): void {
  const [next, previous] = [timing.next(at), timing.previous(at)];
  if (next !== undefined) {
    expect(next).toBeGreaterThan(at);
    expect([timing.next(next - 1), timing.previous(next + 1)]).toEqual([next, next]);
    expect(timing.next(Math.floor((at + next) / 2) === next ? at : Math.floor((at + next) / 2))).toBe(next);
    expect(timing.previous(next) ?? -Infinity).toBeLessThanOrEqual(at);
  }
  if (previous !== undefined) {
    expect(previous).toBeLessThan(at);
    expect([timing.previous(previous + 1), timing.next(previous - 1)]).toEqual([previous, previous]);
    expect(timing.next(previous) ?? Infinity).toBeGreaterThanOrEqual(at);
  }
  const forward = walk(timing.next, at, { count: 12 });
  expect(walk(timing.previous, (forward.at(-1) ?? at) + 1, { count: forward.length }).toReversed()).toEqual(forward);
  for (const odd of [NaN, -Infinity, Infinity, -1, 7_258_118_400_000]) {
    expect(() => [timing.next(odd), timing.previous(odd)]).not.toThrow();
  }
}
