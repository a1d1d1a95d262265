import type { Elector } from './elector.ts';

/**
 * Shares the shards among the replicas that may lead: one that leads more than its part gives one up per call, by
 * resigning and staying out of the next election. Whoever starts first would otherwise keep them all.
 */
export function balanceShards(electors: readonly Pick<Elector, 'term' | 'giveWay'>[], eligible: number): void {
  const part = Math.ceil(electors.length / Math.max(1, eligible));
  const led = electors.filter((elector) => elector.term() !== undefined);
  if (led.length > part) led.at(-1)?.giveWay();
}
