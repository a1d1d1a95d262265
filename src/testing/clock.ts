import type { Clock, EpochMs } from '../core/time/units.ts';

/** The clock of a test: the real one until it is first frozen, then one that stands still until it is set again. */
export type TestClock = Clock & {
  freeze(at: EpochMs): void;
};

export function createTestClock(real: Clock): TestClock {
  let frozenAt: EpochMs | undefined;
  return {
    now: () => frozenAt ?? real.now(),
    monotonic: real.monotonic,
    freeze(at) {
      frozenAt = at;
    },
  };
}
