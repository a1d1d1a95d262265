import type { EnqueueOutcome, UniqueRule } from '../core/unique.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A new run whose extras name its key. */
export type UniqueRun = { id: string; /** From packNewRun. */ packed: string };
export type UniqueCall = { ids: 'fresh' | 'own'; rule: UniqueRule; delayMs: DurationMs };

/** What became of an enqueue, with the run that stands for it. */
export type Enqueued = { id: string; outcome: EnqueueOutcome };

/** A run that is over. */
export type EndedRun = { id: string; job: string };
export type Expiry = { ended: EndedRun[]; looked: number };

/** Runs that are the only ones of a key, and runs that must start or be over in time, on one shard. */
export type UniqueStore = ReturnType<typeof createUniqueStore>;

export function createUniqueStore(shard: Shard) {
  return {
    /** May be sent again, for a few seconds, when the answer was lost: the same ids are answered the same. */
    async enqueue({ ids, rule, delayMs }: UniqueCall, runs: readonly UniqueRun[]): Promise<Enqueued[]> {
      const args: ScriptArg[] = [ids, rule.mode, rule.forMs ?? 0, rule.maxWaitMs ?? 0, delayMs];
      for (const { id, packed } of runs) args.push(id, packed);
      const reply = (await shard.run('enqueue_unique', args)) as string[];
      return runs.map((_, i) => ({ outcome: reply[2 * i] as EnqueueOutcome, id: reply[2 * i + 1] as string }));
    },

    /** Ends up to `limit` runs whose time is over and that nobody runs. */
    async expire(
      epoch: string,
      limit: number,
      { count, bytes }: { count: number; bytes: number },
    ): Promise<Expiry | 'fenced'> {
      const reply = (await shard.run('expire_runs', [epoch, count, bytes, limit])) as 'fenced' | [number, ...string[]];
      if (reply === 'fenced') return reply;
      const [looked, ...words] = reply;
      return { ended: readEnded(words), looked };
    },
  };
}

/** `<id> <job>` pairs. */
export function readEnded(words: readonly string[]): EndedRun[] {
  return words.flatMap((id, i) => (i % 2 === 0 ? [{ id, job: words[i + 1] as string }] : []));
}
