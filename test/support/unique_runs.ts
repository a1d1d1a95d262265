import { packExtras, type Extras } from '../../src/core/extras.ts';
import { packNewRun } from '../../src/core/run.ts';
import { packUnique, type UniqueRule } from '../../src/core/unique.ts';
import type { Enqueued } from '../../src/store/unique_runs.ts';
import type { TestShard } from './test_shard.ts';

export type UniqueWish = {
  rule?: UniqueRule;
  key?: string;
  payload?: unknown;
  delayMs?: number;
  ids?: 'fresh' | 'own';
  job?: string;
  queue?: string;
  /** As packKeys makes them. */
  keys?: string;
  extras?: Extras;
};

/** Enqueues one run with a key through the script, as the client does. */
export async function enqueueUnique({ unique }: TestShard, id: string, wish: UniqueWish = {}): Promise<Enqueued> {
  const { rule = { mode: 'unique' }, key = 'k', payload = null, delayMs = 0, ids = 'fresh' } = wish;
  const { job = 'a', queue = 'default', keys = '', extras = {} } = wish;
  const packed = packNewRun({
    job,
    queue,
    priority: 5,
    policy: 'p1',
    keys,
    extras: packExtras({ ...extras, unique: packUnique(rule, key) }),
    payloadJson: JSON.stringify(payload),
  });
  const [answer] = await unique.enqueue({ ids, rule, delayMs }, [{ id, packed }]);
  return answer as Enqueued;
}
