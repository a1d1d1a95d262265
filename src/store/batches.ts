import type { EpochMs } from '../core/time/units.ts';
import type { EnqueueGroup, Retention } from './runs.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

export type BatchState = 'open' | 'closed' | 'cancelled' | 'done';

/** A batch as its shard keeps it. */
export type Batch = {
  id: string;
  /** `cancelled`: it was, and runs of it are not over yet. */
  state: BatchState;
  description: string;
  createdAt: EpochMs;
  /** When the last of its runs was over. */
  doneAt: EpochMs | undefined;
  total: number;
  succeeded: number;
  dead: number;
  cancelled: number;
  /** Ids of the first runs that did not succeed. */
  failed: string[];
  /** Ids of the callbacks' runs, made or to be made: once a run did not succeed, that of `success` will never be. */
  callbacks: Partial<Record<'success' | 'failed' | 'complete', string>>;
};

/** Runs that are added together, and the shard that they live on. */
export type BatchGroup = EnqueueGroup & { shard: number };

/** Batches of one shard; their runs may live on any. */
export type BatchStore = ReturnType<typeof createBatchStore>;

/** A batch that is done is shown for a week. */
const DONE_KEEP_MS = 7 * 86_400_000;

export function createBatchStore(shard: Shard) {
  const { connection } = shard;
  const read = async (id: string): Promise<Batch | undefined> => {
    const fields = await connection.hgetall(shard.key(`batch:${id}`));
    return fields['state'] === undefined ? undefined : readBatch(id, fields);
  };
  return {
    /** `fields`: description and callbacks as lua/_batches reads them. */
    async create(id: string, fields: Readonly<Record<string, string>>): Promise<'created' | 'known'> {
      const flat = Object.entries(fields).flat();
      return (await shard.run('create_batch', [id, DONE_KEEP_MS, ...flat])) as 'created' | 'known';
    },

    /** Adds runs once for each `call`; `inside`: a run of the batch adds, which a closed one allows. */
    async add(
      id: string,
      groups: readonly BatchGroup[],
      { call, from }: { call: string; from: 'open' | 'inside' },
    ): Promise<'added' | 'known' | 'closed' | 'gone'> {
      const args: ScriptArg[] = [id, from, call];
      for (const { shard: index, queue, lane, delayMs, head, firstId, payloads } of groups) {
        args.push(index, queue, lane, delayMs, head, firstId, payloads.length, ...payloads);
      }
      return (await shard.run('add_to_batch', args)) as 'added' | 'known' | 'closed' | 'gone';
    },

    /** Returns its state after this. */
    async close(id: string, how: 'closed' | 'cancelled'): Promise<BatchState | 'gone'> {
      return (await shard.run('close_batch', [id, how])) as BatchState | 'gone';
    },

    get: read,

    /** Newest first. */
    async list(count: number): Promise<Batch[]> {
      const ids = await connection.zrange(shard.key('batches'), '0', String(count - 1), 'REV');
      const found = await Promise.all(ids.map(read));
      return found.filter((batch) => batch !== undefined);
    },

    /** Cancels runs that are not over, a slice of the groups that were added. Returns whether there may be more. */
    async cancelRuns(id: string, from: number, { count, retention }: { count: number; retention: Retention }) {
      const args = [id, from, count, retention.count, retention.bytes];
      return (await shard.run('cancel_batch_runs', args)) === count ? 'more' : 'all';
    },
  };
}

function readBatch(id: string, fields: Record<string, string>): Batch {
  const number = (name: string): number => Number(fields[name] ?? 0);
  const state = fields['state'] as BatchState;
  const hasFailed = number('dead') + number('cancelled') > 0;
  const follows = { success: !hasFailed, failed: hasFailed || state !== 'done', complete: true };
  const callbacks: Batch['callbacks'] = {};
  for (const name of ['success', 'failed', 'complete'] as const) {
    const run = fields[`on_${name}`]?.split(' ')[1];
    if (run !== undefined && follows[name]) callbacks[name] = run;
  }
  return {
    id,
    state,
    description: fields['description'] ?? '',
    createdAt: number('at'),
    doneAt: fields['doneAt'] === undefined ? undefined : number('doneAt'),
    total: number('total'),
    succeeded: number('succeeded'),
    dead: number('dead'),
    cancelled: number('cancelled'),
    failed: fields['failed']?.split(',') ?? [],
    callbacks,
  };
}
