import type { DurationMs } from '../core/time/units.ts';
import type { Service } from './service.ts';

/** One pass of a background duty. Returns after how long it wants to be called again; `wake` may make that sooner. */
export type Step = (signal: AbortSignal) => Promise<DurationMs>;

export type Loop = Service & {
  /** Makes the next pass start now, or directly after the one under way. */
  wake(): void;
};

export type LoopOptions = {
  name: string;
  step: Step;
  onError: (error: unknown) => void;
  /** Delay after a failed pass; doubles up to ten times this. Default 100 ms. */
  errorDelayMs?: DurationMs;
};

/** The only loop: a pass never overlaps itself, an error delays the next pass, stopping waits for the pass under way. */
export function createLoop({ name, step, onError, errorDelayMs = 100 }: LoopOptions): Loop {
  let abort = new AbortController();
  let running: Promise<void> | undefined;
  let nudge: (() => void) | undefined;
  let nudged = false;

  const pause = (delayMs: DurationMs): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        nudge = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.min(delayMs, 2 ** 31 - 1));
      nudge = done;
    });

  const run = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      nudged = false;
      let delayMs: DurationMs;
      try {
        delayMs = await step(signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        delayMs = Math.min(errorDelayMs * 2 ** (failures - 1), errorDelayMs * 10);
        nudged = false;
        if (!signal.aborted) onError(error);
      }
      if (!signal.aborted && !nudged) await pause(delayMs);
    }
  };

  return {
    name,
    start() {
      if (running === undefined) {
        abort = new AbortController();
        running = run(abort.signal);
      }
      return Promise.resolve();
    },
    async stop() {
      abort.abort();
      nudge?.();
      await running;
      running = undefined;
    },
    wake() {
      nudged = true;
      nudge?.();
    },
  };
}
