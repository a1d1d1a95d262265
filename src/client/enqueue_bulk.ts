import { BelfryError } from '../core/errors.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { quote } from '../core/quote.ts';
import type { EnqueueGroup } from '../store/runs.ts';
import type { ShardStore } from '../store/store.ts';
import { assertEnqueueOptions, chunksOf, createPrepare, type EnqueueDeps, type Prepared } from './enqueue.ts';
import { send, standingIds } from './send_runs.ts';

type Entry = { job: string; payload?: Json; options?: EnqueueOptions };
/** Entries of one job with the same options, in a row or not: their runs share what can be shared. */
type Portion = { job: string; options: EnqueueOptions; payloads: Json[]; at: number[] };

const EXAMPLE = '{ job: "partners/poll", payload: { partner: "acme" }, options: { delay: "10s" } }';

export type EnqueueBulk = (entries: readonly Entry[]) => Promise<string[]>;

/** Enqueues runs of several jobs: a call for each shard, and one more for each 500 runs and for entries with own ids. */
export function createEnqueueBulk(deps: EnqueueDeps): EnqueueBulk {
  const prepare = createPrepare(deps);
  const enqueue = async (portions: Portion[], traceparent: string | undefined): Promise<string[]> => {
    const ids: string[] = [];
    const calls = createCalls();
    for (const { job, options, payloads, at } of portions) {
      const traced = traceparent === undefined ? options : { traceparent, ...options };
      const prepared = await prepare(job, payloads, traced);
      prepared.ids.forEach((id, i) => (ids[at[i] as number] = id));
      calls.add(deps.store.of(job), prepared);
    }
    const sent = await Promise.all(calls.all().map(({ shard, mode, groups }) => send(shard, groups, mode)));
    return standingIds(ids, sent);
  };
  return async (entries) => {
    const portions = portionsOf(entries);
    const tracing = entries.length === 0 ? undefined : deps.tracing();
    if (tracing === undefined) return enqueue(portions, undefined);
    const jobs = new Set(portions.map(({ job }) => job));
    const job = jobs.size === 1 ? (portions[0] as Portion).job : `${jobs.size} jobs`;
    return tracing.produce({ job, count: entries.length }, (traceparent) => enqueue(portions, traceparent));
  };
}

/** Groups of groups, by where and how they are sent. */
function createCalls() {
  const byWay = new Map<string, { shard: ShardStore; mode: Prepared['mode']; groups: EnqueueGroup[] }>();
  return {
    add(shard: ShardStore, { mode, groups }: Prepared): void {
      const way = `${shard.shard.index} ${mode}`;
      const found = byWay.get(way);
      if (found === undefined) byWay.set(way, { shard, mode, groups: [...groups] });
      else found.groups.push(...groups);
    },
    all: () =>
      [...byWay.values()].flatMap(({ shard, mode, groups }) =>
        chunksOf(groups).map((part) => ({ shard, mode, groups: part })),
      ),
  };
}

function portionsOf(entries: readonly Entry[]): Portion[] {
  assertList(entries);
  const portions = new Map<string, Portion>();
  entries.forEach((entry, i) => {
    assertEntry(entry, i);
    const { job, payload = null, options = {} } = entry;
    // An own id is one run's, and a unique key may be told by a function.
    const isOwn = options.id !== undefined || options.unique !== undefined;
    const key = !isOwn ? `${job} ${JSON.stringify(options)}` : `#${i}`;
    let portion = portions.get(key);
    if (portion === undefined) portions.set(key, (portion = { job, options, payloads: [], at: [] }));
    portion.payloads.push(payload);
    portion.at.push(i);
  });
  return [...portions.values()];
}

function assertList(entries: unknown): void {
  if (Array.isArray(entries)) return;
  throw new BelfryError('BAD_USAGE', `entries is ${quote(entries)}`, { field: 'entries', hint: `[${EXAMPLE}]` });
}

function assertEntry(entry: unknown, index: number): void {
  const { job, options } = (entry ?? {}) as Partial<Entry>;
  if (typeof job !== 'string' || job === '') {
    throw new BelfryError('BAD_USAGE', `entry ${index} is ${quote(entry)}`, {
      field: `entries[${index}].job`,
      hint: EXAMPLE,
    });
  }
  assertKnownKeys(entry, ['job', 'payload', 'options'], { code: 'BAD_USAGE', field: `entries[${index}]` });
  if (options !== undefined) assertEnqueueOptions(options, `entries[${index}].options`);
}
