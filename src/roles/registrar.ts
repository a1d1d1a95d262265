import type { Client } from '../client/client.ts';
import { messageOf, type ErrorCode } from '../core/errors.ts';
import type { JobSet } from '../loader/load.ts';
import { createLoop } from '../runtime/loop.ts';
import type { Service } from '../runtime/service.ts';
import { translateRedisError } from '../store/errors.ts';

/** Keeps what Redis knows of the jobs equal to the job files of this process. */
export type Registrar = Service & {
  /** Registers the current jobs, now. Throws what Redis answers. */
  register(): Promise<void>;
  /** Registers a changed set in the background, again and again until Redis takes it. */
  update(set: JobSet): void;
};

export type RegistrarDeps = {
  apply: Client['apply'];
  set: JobSet;
  onError(message: string): void;
};

const RETRY_MS = 500;
/** Nothing to do until somebody wakes the loop. */
const ASLEEP_MS = 3_600_000;

/** What waiting mends; the rest is told and not tried again before the next change. */
const PASSING: readonly ErrorCode[] = ['REDIS_UNAVAILABLE', 'REDIS_READ_ONLY', 'REDIS_FULL'];

export function isPassing(error: unknown): boolean {
  return PASSING.includes(translateRedisError(error).code);
}

export function createRegistrar({ apply, set: first, onError }: RegistrarDeps): Registrar {
  let current = first;
  let state: 'registered' | 'changed' | 'failing' = 'registered';
  const register = async (): Promise<void> => {
    await apply(
      current.jobs,
      current.broken.map(({ name }) => name),
      current.calendars,
    );
  };
  const loop = createLoop({
    name: 'registrar',
    async step() {
      if (state === 'registered') return ASLEEP_MS;
      const set = current;
      await register();
      if (set === current) state = 'registered';
      return state === 'registered' ? ASLEEP_MS : 0;
    },
    onError(error) {
      if (state !== 'failing') onError(`the changed jobs could not be registered: ${messageOf(error)}`);
      state = isPassing(error) ? 'failing' : 'registered';
    },
    errorDelayMs: RETRY_MS,
  });
  return {
    name: loop.name,
    register,
    update(set) {
      current = set;
      state = 'changed';
      loop.wake();
    },
    start: () => loop.start(),
    stop: () => loop.stop(),
  };
}
