import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** What one shard needs to know of jobs that come after others, as its scripts read it (see lua/save_dependencies). */
export type ShardDependencies = {
  /** Parents of this shard: whom to tell of their ends. */
  dependents: ReadonlyMap<string, string>;
  /** Children of this shard: what to wait for, and the run to make. */
  after: ReadonlyMap<string, string>;
};

/** Dependencies between jobs, as far as one shard has to do with them. */
export type DependencyStore = ReturnType<typeof createDependencyStore>;

export function createDependencyStore(shard: Shard) {
  return {
    async save({ dependents, after }: ShardDependencies): Promise<'changed' | 'same'> {
      const args: ScriptArg[] = [dependents.size];
      for (const [parent, children] of dependents) args.push(parent, children);
      for (const [child, record] of after) args.push(child, record);
      return (await shard.run('save_dependencies', args)) as 'changed' | 'same';
    },

    /** By job: the parents that have come since it last fired. */
    async arrivals(): Promise<Map<string, string[]>> {
      const stored = await shard.connection.hgetall(shard.key('arrivals'));
      return new Map(Object.entries(stored).map(([job, parents]) => [job, parents.split(',')]));
    },
  };
}
