import { BelfryError } from '../core/errors.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { SimulationRequest } from './request.ts';

/** Spans in which no call to Redis passes, but for one that was on its way when the span began. */
export type Outage = {
  /** When calls pass again, where they do not at this instant. */
  endAt(instant: EpochMs): EpochMs | undefined;
  /** Throws REDIS_UNAVAILABLE inside a span: what a call meets there. */
  assertOpen(instant: EpochMs): void;
  /** Sends a call as one that was on its way: it passes at the very beginning of a span. */
  underWay<T>(instant: EpochMs, send: () => Promise<T>): Promise<T>;
};

export function createOutage(pauses: SimulationRequest['pauses']): Outage {
  const spans = join(pauses);
  const endAt = (instant: EpochMs): EpochMs | undefined =>
    spans.find(({ from, until }) => from <= instant && instant < until)?.until;
  let isUnderWay = false;
  return {
    endAt,
    underWay(instant, send) {
      isUnderWay = spans.some(({ from }) => from === instant);
      try {
        return send(); // the clock is asked before this returns
      } finally {
        isUnderWay = false;
      }
    },
    assertOpen(instant) {
      if (isUnderWay || endAt(instant) === undefined) return;
      throw new BelfryError('REDIS_UNAVAILABLE', 'Redis cannot be reached: it is paused by the simulation');
    },
  };
}

/** Spans that overlap or touch are one: at the end of one calls pass. */
function join(pauses: SimulationRequest['pauses']): { from: EpochMs; until: EpochMs }[] {
  const joined: { from: EpochMs; until: EpochMs }[] = [];
  for (const { from, until } of pauses.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || from > last.until) joined.push({ from, until });
    else last.until = Math.max(last.until, until);
  }
  return joined;
}

export function isOutage(error: unknown): boolean {
  return error instanceof BelfryError && error.code === 'REDIS_UNAVAILABLE';
}
