import type { Freeze } from '../core/freeze.ts';
import type { Shard } from './shard.ts';

/** Freezes as one shard has them, with the text that a change is compared with. */
export type StoredFreezes = { text: string; freezes: Freeze[] };

/** The freezes of one shard; each shard has the same. */
export type FreezeStore = ReturnType<typeof createFreezeStore>;

export function createFreezeStore(shard: Shard) {
  return {
    /** In the order in which they were said. */
    async read(): Promise<StoredFreezes> {
      const text = (await shard.connection.get(shard.key('freezes'))) ?? '';
      return { text, freezes: text === '' ? [] : (JSON.parse(text) as Freeze[]) };
    },

    /** Replaces the list, unless somebody else has changed it since it was read. */
    async save(before: StoredFreezes, freezes: readonly Freeze[]): Promise<'saved' | 'stale'> {
      const after = freezes.length === 0 ? '' : JSON.stringify(freezes);
      return (await shard.run('save_freezes', [before.text, after])) as 'saved' | 'stale';
    },
  };
}
