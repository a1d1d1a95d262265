import type { Timing } from './timing_kind.ts';
import { TIME_END } from './timing_kind.ts';
import type { DurationMs } from './units.ts';

/** Fixed delay after the end of the run before: an estimate, for previews, as if each run ended when it began. */
export function completionTiming(delayMs: DurationMs): Timing {
  const within = (at: number): number | undefined => (at >= 0 && at < TIME_END ? at : undefined);
  return {
    kind: 'after-completion',
    usesSeed: false,
    next: (after) => within(Math.floor(after) + delayMs),
    previous: (before) => within(Math.ceil(before) - delayMs),
  };
}

/** Fires once per deployment, at the instant of its registration, which no rule can name. */
export const REBOOT_TIMING: Timing = {
  kind: 'reboot',
  usesSeed: false,
  next: () => undefined,
  previous: () => undefined,
};
