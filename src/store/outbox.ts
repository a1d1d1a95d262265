import type { FinalState, RunError } from '../core/run.ts';
import type { DurationMs } from '../core/time/units.ts';
import type { Retention } from './runs.ts';
import type { Shard } from './shard.ts';

/** Messages for one shard, oldest first, as `<sequence> <kind> <fields>`; the kinds are listed in lua/_ends. */
export type Post = { target: number; messages: string[] };

/** A run that ended with its last child. */
export type EndedParent = {
  run: string;
  job: string;
  attempt: number;
  outcome: FinalState;
  tookMs: DurationMs;
  error: string | undefined;
};

export type Received = {
  /** Messages that had not been received before. */
  fresh: number;
  ended: EndedParent[];
};

/** What one shard has to tell others, and hears from them. */
export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(shard: Shard) {
  return {
    /** What waits to be delivered: at most so many messages for each shard, and about so many bytes in all. */
    async read(limit: { messages: number; bytes: number }): Promise<Post[]> {
      const reply = (await shard.run('outbox', [limit.messages, limit.bytes])) as string[][];
      return reply.map(([target, ...messages]) => ({ target: Number(target), messages }));
    },

    /** Applies messages of the shard `source`, each once: one that was received before changes nothing. */
    async receive(source: number, messages: readonly string[], retention: Retention): Promise<Received> {
      const args = [source, retention.count, retention.bytes, ...messages];
      const [fresh, ...flat] = (await shard.run('receive', args)) as [number, ...(string | number)[]];
      const ended: EndedParent[] = [];
      for (let i = 0; i < flat.length; i += 6) ended.push(readEnded(flat.slice(i, i + 6)));
      return { fresh, ended };
    },

    /** Forgets what was received, up to the last of these. Returns how many messages wait for the target now. */
    async delivered(epoch: string, { target, messages }: Post): Promise<number | 'fenced'> {
      const last = messages.at(-1) ?? '';
      return (await shard.run('delivered', [epoch, target, last.slice(0, last.indexOf(' '))])) as number | 'fenced';
    },
  };
}

function readEnded(values: (string | number)[]): EndedParent {
  const [run, job, attempt, outcome, tookMs, bodyJson] = values as [string, string, number, FinalState, number, string];
  const error = bodyJson === '' ? undefined : (JSON.parse(bodyJson) as { error?: RunError }).error?.message;
  return { run, job, attempt, outcome, tookMs, error };
}
