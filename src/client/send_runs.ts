import type { EnqueueGroup } from '../store/runs.ts';
import type { ShardStore } from '../store/store.ts';
import type { Enqueued, UniqueCall, UniqueRun } from '../store/unique_runs.ts';
import { resending } from './resending.ts';

/** What became of the runs of one call. */
export type Sent = {
  /** Ids of the caller's own that were used before. */
  known: readonly string[];
  /** By the id that a run with a unique key would have had; undefined where none of them has one. */
  stands: ReadonlyMap<string, Enqueued> | undefined;
};

/** Sent again under the same ids, a call that had been applied changes nothing. */
export async function send(shard: ShardStore, groups: EnqueueGroup[], mode: 'fresh' | 'own'): Promise<Sent> {
  if (groups.every(({ unique }) => unique === undefined)) {
    return { known: await resending(() => shard.runs.enqueue(groups, mode)), stands: undefined };
  }
  const plain = groups.filter(({ unique }) => unique === undefined);
  const stands = new Map<string, Enqueued>();
  const [known] = await Promise.all([
    plain.length === 0 ? [] : resending(() => shard.runs.enqueue(plain, mode)),
    ...callsOf(groups, mode).map(async ({ call, runs }) => {
      const answers = await resending(() => shard.unique.enqueue(call, runs));
      runs.forEach(({ id }, i) => stands.set(id, answers[i] as Enqueued));
    }),
  ]);
  return { known, stands };
}

/** Runs with unique keys, by what is asked for with them, each in the order in which they came. */
function callsOf(groups: readonly EnqueueGroup[], ids: 'fresh' | 'own') {
  const calls = new Map<string, { call: UniqueCall; runs: UniqueRun[] }>();
  for (const { unique: rule, delayMs, head, firstId, payloads } of groups) {
    if (rule === undefined) continue;
    const name = `${rule.mode} ${rule.forMs ?? 0} ${rule.maxWaitMs ?? 0} ${delayMs}`;
    let found = calls.get(name);
    if (!found) calls.set(name, (found = { call: { ids, rule, delayMs }, runs: [] }));
    // Each is a group of its own, for its extras name its key.
    found.runs.push({ id: firstId, packed: head + (payloads[0] as string) });
  }
  return [...calls.values()];
}

/** The ids of the runs that stand for those that were sent. */
export function standingIds(ids: string[], sent: readonly Sent[]): string[] {
  if (sent.every(({ stands }) => stands === undefined)) return ids;
  return outcomesOf(ids, sent).map(({ id }) => id);
}

export function outcomesOf(ids: readonly string[], sent: readonly Sent[]): Enqueued[] {
  const known = new Set(sent.flatMap((part) => part.known));
  const stands = new Map(sent.flatMap((part) => [...(part.stands ?? [])]));
  return ids.map((id) => stands.get(id) ?? { id, outcome: known.has(id) ? 'duplicate' : 'enqueued' });
}
