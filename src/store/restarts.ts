import type { Restart } from '../core/restart/restart.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';
import type { WorkerOrder } from './workers.ts';

/** How long the last restart is remembered. */
const KEEP_MS: DurationMs = 30 * 86_400_000;

/** The last restart in waves, with what a change is compared with. */
export type StoredRestart = {
  restart: Restart;
  revision: number;
  /** Who drives it, and until when without a word. */
  driver: string;
  heldUntil: EpochMs;
};

export type RestartChange = {
  driver: string;
  /** How long nobody else may drive it; 0 gives it up. */
  leaseMs: DurationMs;
  /** As read; 0 where there was none. */
  revision: number;
  /** Undefined: as it is. */
  restart: Restart | undefined;
  tell?: { order: WorkerOrder; workers: readonly string[] };
};

export type RestartAnswer =
  | { answer: 'saved'; revision: number }
  | { answer: 'held'; driver: string; leftMs: DurationMs }
  | { answer: 'stale' };

/** The restart in waves of a namespace, kept on shard 0: there is one at a time. */
export type RestartStore = ReturnType<typeof createRestartStore>;

export function createRestartStore(shard: Shard) {
  return {
    async read(): Promise<StoredRestart | undefined> {
      const { state, revision = '0', driver = '', until = '0' } = await shard.connection.hgetall(shard.key('restart'));
      if (state === undefined) return undefined;
      const restart = JSON.parse(state) as Restart;
      return { restart, revision: Number(revision), driver, heldUntil: Number(until) };
    },

    /** Writes how far it has come and tells the next workers, in one step. */
    async save({ driver, leaseMs, revision, restart, tell }: RestartChange): Promise<RestartAnswer> {
      const state = restart === undefined ? '' : JSON.stringify(restart);
      const told = tell === undefined ? [''] : [JSON.stringify(tell.order), ...tell.workers];
      const reply = (await shard.run('save_restart', [driver, leaseMs, revision, state, KEEP_MS, ...told])) as string[];
      const [answer, first = '', second = ''] = reply;
      if (answer === 'saved') return { answer, revision: Number(first) };
      return answer === 'held' ? { answer, driver: first, leftMs: Number(second) } : { answer: 'stale' };
    },
  };
}
