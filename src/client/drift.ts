import { findGone } from '../core/registration.ts';
import type { Store } from '../store/store.ts';
import { recordsOf, type DesiredState, type RecordsContext } from './desired_state.ts';

/** How many jobs a registration would add, change and remove. */
export type Drift = { added: number; changed: number; removed: number };

export type DriftReader = (wanted: DesiredState) => Promise<Drift>;

type ShardTexts = { revision: string; texts: Record<string, string> };

/**
 * Compares jobs with what Redis knows of them, as a registration does, and as often as one likes: while neither changes, it
 * costs one small read per shard.
 */
export function createDriftReader(store: Store, context: RecordsContext): DriftReader {
  const stored = new Map<number, ShardTexts>();
  let last: { wanted: DesiredState; texts: Map<string, string>; drift: Drift | undefined } | undefined;
  return async (wanted) => {
    if (last?.wanted !== wanted) last = { wanted, texts: textsOf(wanted, context), drift: undefined };
    const known = last;
    for (const { shard, jobs } of store.shards) {
      if ((await jobs.revision()) === stored.get(shard.index)?.revision) continue;
      stored.set(shard.index, await jobs.revised());
      known.drift = undefined;
    }
    known.drift ??= compare(known.texts, [...stored.values()], wanted.keep);
    return known.drift;
  };
}

function textsOf({ definitions }: DesiredState, context: RecordsContext): Map<string, string> {
  return new Map(recordsOf(definitions, context).stored.map((record) => [record.name, JSON.stringify(record)]));
}

function compare(wanted: ReadonlyMap<string, string>, shards: readonly ShardTexts[], keep: readonly string[]): Drift {
  const stored = new Map(shards.flatMap(({ texts }) => Object.entries(texts)));
  const drift = { added: 0, changed: 0, removed: findGone(stored.keys(), wanted.keys(), keep).length };
  for (const [name, text] of wanted) {
    const before = stored.get(name);
    if (before === undefined) drift.added += 1;
    else if (before !== text) drift.changed += 1;
  }
  return drift;
}
