import type { Retention } from './runs.ts';
import type { Shard } from './shard.ts';

/** What people mark as succeeded on one shard. */
export type MarkStore = ReturnType<typeof createMarkStore>;

const NO_RESULT = '{"result":null}';

export function createMarkStore(shard: Shard) {
  return {
    /** Ends a run that is not running as succeeded; a dead letter goes to the history. */
    async run(id: string, { count, bytes }: Retention): Promise<'marked' | 'running' | 'gone'> {
      return (await shard.run('mark_succeeded', [count, bytes, id, NO_RESULT])) as 'marked' | 'running' | 'gone';
    },

    /** Notes a success of a job now. */
    async job(name: string): Promise<'marked' | 'gone'> {
      return (await shard.run('mark_job', [name])) as 'marked' | 'gone';
    },
  };
}
