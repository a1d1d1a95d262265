import type { EventBus } from '../core/events.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { Attempts } from './attempts.ts';
import type { Feed } from './feed.ts';

const CHECK_MS: DurationMs = 20;
/** Past the kill of isolated handlers and the grace of inline ones, everything has ended; this is for the settlements. */
const SETTLE_MS: DurationMs = 3_000;

export type DrainRequest = {
  worker: string;
  attempts: Pick<Attempts, 'live' | 'stopAll'>;
  feeds: Pick<Feed, 'untilSettled'>[];
  events: EventBus;
  drainMs: DurationMs;
  killAfterMs: DurationMs;
};

/**
 * Lets attempts finish until the deadline, then aborts their signals and hands back, uncounted, those that did not end.
 * Returns how many were handed back. Call after claiming has stopped.
 */
export async function drainAttempts(request: DrainRequest): Promise<number> {
  const { worker, attempts, feeds, events, drainMs, killAfterMs } = request;
  let released = 0;
  const forget = events.on('run.released', () => (released += 1));
  if (attempts.live() > 0) events.emit('worker.draining', { worker, live: attempts.live(), deadlineMs: drainMs });
  await untilIdle(attempts, drainMs);
  if (attempts.live() > 0) {
    attempts.stopAll('drain');
    await untilIdle(attempts, killAfterMs + SETTLE_MS);
  }
  const deadline = AbortSignal.timeout(SETTLE_MS);
  await Promise.all(feeds.map((feed) => feed.untilSettled(deadline)));
  forget();
  return released;
}

function untilIdle(attempts: Pick<Attempts, 'live'>, limitMs: DurationMs): Promise<void> {
  if (attempts.live() === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearInterval(poll);
      clearTimeout(limit);
      resolve();
    };
    const limit = setTimeout(done, limitMs);
    const poll = setInterval(() => {
      if (attempts.live() === 0) done();
    }, CHECK_MS);
  });
}
