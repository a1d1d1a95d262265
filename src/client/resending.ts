import type { DurationMs } from '../core/time/units.ts';
import { translateRedisError } from '../store/errors.ts';

const RESEND_AFTER_MS: readonly DurationMs[] = [100, 300, 900];

/** Tries again, a few times, while Redis is away: a reconnect or a fail-over is not the caller's business. */
export async function resending<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await act();
    } catch (thrown) {
      const error = translateRedisError(thrown);
      const delayMs = RESEND_AFTER_MS[attempt];
      if (delayMs === undefined || error.code !== 'REDIS_UNAVAILABLE') throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
