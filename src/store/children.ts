import type { FinalState } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A child to be made on the shard of its job. */
export type NewChild = {
  shard: number;
  id: string;
  job: string;
  queue: string;
  lane: string;
  delayMs: DurationMs;
  /** From packRunHead, with the parent in its extras. */
  head: string;
  payload: string;
};

/** A child as its parent's shard knows it. */
export type Child = {
  id: string;
  job: string;
  /** Counts from 0, as they were spawned. */
  number: number;
  /** Undefined while it lives. */
  state: FinalState | undefined;
  /** JSON of its result or error; `''` where it was not kept here. */
  bodyJson: string;
};

/** A run whose handler is done and which waits for its children. */
export type Awaiting = { since: EpochMs; pending: number; failed: number; total: number; next: 'gather' | 'finish' };

const STATES: Readonly<Record<string, FinalState>> = { s: 'succeeded', d: 'dead', c: 'cancelled' };

/** Runs that runs of one shard have spawned. */
export type ChildrenStore = ReturnType<typeof createChildrenStore>;

export function createChildrenStore(shard: Shard) {
  const { connection } = shard;
  return {
    /** Adds children, each id once; `most` is for all of the run's. */
    async spawn(attempt: { id: string; token: string }, children: readonly NewChild[], most: number) {
      const args: ScriptArg[] = [attempt.id, attempt.token, most];
      for (const { shard: index, id, job, queue, lane, delayMs, head, payload } of children) {
        args.push(index, id, job, queue, lane, delayMs, head, payload);
      }
      return (await shard.run('spawn', args)) as 'spawned' | 'fenced' | 'too many';
    },

    /** In the order in which they were spawned. */
    async of(run: string): Promise<Child[]> {
      const stored = Object.entries(await connection.hgetall(shard.key(`children:${run}`)));
      const children = stored.flatMap(([id, value]) => (id.startsWith('#') ? [] : [readChild(id, value)]));
      return children.sort((a, b) => a.number - b.number);
    },

    async awaiting(run: string): Promise<Awaiting | undefined> {
      const value = await connection.hget(shard.key('awaiting'), run);
      if (value === null) return undefined;
      const counts = await connection.hmget(shard.key(`children:${run}`), '#pending', '#failed', '#spawned');
      const [pending, failed, total] = counts.map(Number) as [number, number, number];
      const [since, next] = value.split(' ');
      return { since: Number(since), next: next as Awaiting['next'], pending, failed, total };
    },
  };
}

/** `. <shard> <job> <number>` while it lives, then `<s|d|c> <job> <number> <body JSON>`. */
function readChild(id: string, value: string): Child {
  const [letter = '', ...words] = value.split(' ', 4);
  const isLive = letter === '.';
  const [job = '', number] = isLive ? words.slice(1) : words;
  const from = isLive ? value.length : letter.length + job.length + String(number).length + 3;
  return { id, job, number: Number(number), state: STATES[letter], bodyJson: value.slice(from) };
}
