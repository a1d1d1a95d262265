import { reasonsOfLimits, type LimitReason } from '../core/explain/limit_reasons.ts';
import { jobKey, OPEN_LIMIT, queueKey, unpackKeys, unpackLimit } from '../core/limit.ts';
import type { Run } from '../core/run.ts';
import type { KeyState } from '../store/limits.ts';
import type { ShardStore } from '../store/store.ts';

/** Runs that are named where all slots of a key are taken. */
const HOLDERS_SHOWN = 10;

/** Which keys of a ready run keep it from starting. */
export async function explainLimits({ limits }: Pick<ShardStore, 'limits'>, run: Run): Promise<LimitReason[]> {
  const own = [jobKey(run.job), queueKey(run.queue)].map((key) => ({ key, field: key }));
  const keys = [...own, ...unpackKeys(run.keys).map(({ key, template }) => ({ key, field: `*${template}` }))];
  const states = await limits.states(keys);
  const facts = await Promise.all(
    keys.map(async ({ key }, i) => {
      const state = states[i] as KeyState;
      const limit = unpackLimit(state.limit === '' ? OPEN_LIMIT : state.limit);
      const isFull = limit.concurrency !== undefined && (state.running ?? 0) >= limit.concurrency;
      return { ...state, key, limit, holders: isFull ? await limits.holders(key, HOLDERS_SHOWN) : [] };
    }),
  );
  return reasonsOfLimits(run.id, facts);
}
