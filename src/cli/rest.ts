import type { DurationMs } from '../core/time/units.ts';

/** Waits so long, or until the signal is aborted. */
export function rest(ms: DurationMs, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener('abort', done);
  });
}
