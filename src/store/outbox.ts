import type { Retention } from './runs.ts';
import type { Shard } from './shard.ts';

/** Messages for one shard, oldest first, as `<sequence> <kind> <fields>`; the kinds are listed in lua/_ends. */
export type Post = { target: number; messages: string[] };

/** What one shard has to tell others, and hears from them. */
export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(shard: Shard) {
  return {
    /** What waits to be delivered: at most so many messages for each shard, and about so many bytes in all. */
    async read(limit: { messages: number; bytes: number }): Promise<Post[]> {
      const reply = (await shard.run('outbox', [limit.messages, limit.bytes])) as string[][];
      return reply.map(([target, ...messages]) => ({ target: Number(target), messages }));
    },

    /** Applies messages of the shard `source`. One that was received before changes nothing. Returns how many were new. */
    async receive(source: number, messages: readonly string[], retention: Retention): Promise<number> {
      return (await shard.run('receive', [source, retention.count, retention.bytes, ...messages])) as number;
    },

    /** Forgets what was received, up to the last of these. Returns how many messages wait for the target now. */
    async delivered(epoch: string, { target, messages }: Post): Promise<number | 'fenced'> {
      const last = messages.at(-1) ?? '';
      return (await shard.run('delivered', [epoch, target, last.slice(0, last.indexOf(' '))])) as number | 'fenced';
    },
  };
}
