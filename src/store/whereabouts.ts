import type { ReadyPlace } from '../core/explain/run_reasons.ts';
import { laneOf, type Run } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** Lanes of a queue that are looked at for runs that go before. */
const LANES_SEEN = 1_000;

/** Where a run of one shard waits or runs: what an explanation reads beside the run itself. Nothing here is on a hot path. */
export type Whereabouts = ReturnType<typeof createWhereabouts>;

export function createWhereabouts(shard: Shard) {
  const { connection } = shard;
  const laneKey = (queue: string, lane: string): string => shard.key(`lane:${queue}|${lane}`);

  /** Ready runs in the lanes of a queue that go before those of `lane` whatever their turn is. */
  const countMoreUrgent = async (queue: string, lane: string): Promise<number> => {
    const lanes = await connection.zrange(shard.key(`ready:${queue}`), '0', String(LANES_SEEN - 1));
    const urgent = lanes.filter((other) => priorityOf(other) > priorityOf(lane));
    const lengths = await Promise.all(urgent.map((other) => connection.llen(laneKey(queue, other))));
    return lengths.reduce((sum, length) => sum + length, 0);
  };

  return {
    async readyPlace(run: Run): Promise<ReadyPlace> {
      const lane = laneOf(run.job, run.priority, run.keys);
      const [ahead, moreUrgent] = await Promise.all([
        connection.lpos(laneKey(run.queue, lane), run.id),
        countMoreUrgent(run.queue, lane),
      ]);
      return { ahead: ahead ?? undefined, moreUrgent };
    },

    /** Until when an attempt holds its run, and whether it was asked to stop. */
    async lease(id: string): Promise<{ until: EpochMs | undefined; stop: 'asked' | 'not-asked' }> {
      const [until, cancelled] = await Promise.all([
        connection.zscore(shard.key('leases'), id),
        connection.hexists(shard.key('cancels'), id),
      ]);
      return { until: until === null ? undefined : Number(until), stop: cancelled === 1 ? 'asked' : 'not-asked' };
    },

    /** Which of these sets of code hold the job; see publish_code. */
    async codeWith(job: string, codes: readonly string[]): Promise<ReadonlySet<string>> {
      const known = await Promise.all(codes.map((code) => connection.sismember(shard.key(`code:${code}`), job)));
      return new Set(codes.filter((_, i) => known[i] === 1));
    },

    /** The lease, not the record of the last leader, tells whether somebody leads the shard now. */
    async leader(): Promise<'led' | 'nobody'> {
      return (await connection.exists(shard.key('lock'))) === 1 ? 'led' : 'nobody';
    },
  };
}

function priorityOf(lane: string): number {
  return Number(lane[0]);
}
