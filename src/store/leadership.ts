import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

export type LeaderInfo = { id: string; epoch: string; since: EpochMs; about: unknown };

/** Who leads a shard, as the data Redis knows it: the epoch is the fence, the lock elsewhere only saves work. */
export type LeadershipStore = ReturnType<typeof createLeadershipStore>;

export function createLeadershipStore(shard: Shard) {
  const { connection } = shard;
  return {
    /**
     * Starts a new epoch. `new` primary: another Redis process than under the last epoch, so writes may have been lost, or
     * one that no leader has been `reconciled` with yet.
     */
    async take(id: string, aboutJson: string): Promise<{ epoch: string; primary: 'first' | 'same' | 'new' }> {
      const [epoch, primary] = (await shard.run('take_leadership', [id, aboutJson])) as [
        string,
        'first' | 'same' | 'new',
      ];
      return { epoch, primary };
    },

    /** What a new primary may have lost is there again. */
    async reconciled(epoch: string): Promise<'reconciled' | 'fenced'> {
      return (await shard.run('reconciled', [epoch])) as 'reconciled' | 'fenced';
    },

    async resign(epoch: string): Promise<'resigned' | 'fenced'> {
      return (await shard.run('resign', [epoch])) as 'resigned' | 'fenced';
    },

    async current(): Promise<LeaderInfo | undefined> {
      const { id, epoch = '0', since = '0', about = 'null' } = await connection.hgetall(shard.key('leader'));
      return id === undefined ? undefined : { id, epoch, since: Number(since), about: JSON.parse(about) as unknown };
    },
  };
}
