import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';

/** The clock of a test: the real one until it is first frozen, then one that stands still but where it is moved. */
export type TestClock = Clock & {
  freeze(at: EpochMs): void;
  /** Goes on by so much, or freezes the present first. */
  move(by: DurationMs): void;
};

export function createTestClock(real: Clock): TestClock {
  let frozenAt: EpochMs | undefined;
  return {
    now: () => frozenAt ?? real.now(),
    monotonic: real.monotonic,
    freeze(at) {
      frozenAt = at;
    },
    move(by) {
      frozenAt = (frozenAt ?? real.now()) + by;
    },
  };
}
