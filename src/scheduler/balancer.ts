import type { DurationMs } from '../core/time/units.ts';
import type { ReplicaStore } from '../store/replicas.ts';
import type { Elector } from './elector.ts';

export type BalancerDeps = {
  replicas: Pick<ReplicaStore, 'beat'>;
  electors: readonly Pick<Elector, 'term' | 'giveWay'>[];
  id: string;
  periodMs: DurationMs;
};

/**
 * Shares the shards among the replicas: one that leads more than its part gives one up per pass, by resigning and staying
 * out of the next election. Whoever starts first would otherwise keep them all.
 */
export async function balanceShards({ replicas, electors, id, periodMs }: BalancerDeps): Promise<DurationMs> {
  const living = await replicas.beat(id, periodMs * 3);
  const part = Math.ceil(electors.length / living);
  const led = electors.filter((elector) => elector.term() !== undefined);
  if (led.length > part) led.at(-1)?.giveWay();
  return periodMs;
}
