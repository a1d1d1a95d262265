import type { Assembly } from '../assembly.ts';
import { isPassing } from './registrar.ts';

/** Thrown out of a start that was asked to stop before it was done. */
export class StoppedEarly extends Error {}

/** Resolves when the process is asked to end. */
export function untilStopped(stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}

/** The answer of `work`, unless the process is asked to end before. Throws StoppedEarly then. */
async function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const stopped = untilStopped(stop).then(() => {
    throw new StoppedEarly('the process was asked to end');
  });
  return Promise.race([work, stopped]);
}

/** What was begun may end in good order within this time; a step of a start that never ends must not keep the process. */
const GIVEN_UP_MS = 5_000;

/** The end of a start. Throws StoppedEarly for one that is asked to stop and goes on all the same. */
export async function unlessStuck(start: Promise<void>, stop: AbortSignal): Promise<void> {
  const givenUp = untilStopped(stop).then(async () => {
    await new Promise((resolve) => setTimeout(resolve, GIVEN_UP_MS));
    throw new StoppedEarly('the process was asked to end, and its start does not');
  });
  return Promise.race([start, givenUp]);
}

/** Longest time between two looks at a Redis that is not there. */
const RETRY_MS = 1_000;

export type FirstContact = {
  assembly: Pick<Assembly, 'connect'>;
  /** What must have worked once before the process counts as started. */
  onConnected: () => Promise<void>;
  stop: AbortSignal;
};

/**
 * Connects, then does `onConnected`; begins again, for ever, while Redis is away. Throws what no waiting mends (credentials,
 * version, shards, a read-only replica), and StoppedEarly.
 */
export async function connectWhenUp({ assembly, onConnected, stop }: FirstContact): Promise<void> {
  for (;;) {
    try {
      if ((await unlessStopped(assembly.connect('migrate'), stop)) === 'connected') {
        await unlessStopped(onConnected(), stop);
        return;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await unlessStopped(new Promise((resolve) => setTimeout(resolve, RETRY_MS)), stop);
  }
}
