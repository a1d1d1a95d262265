import { packBulk, unpackBulk, type Bulk, type BulkAction } from '../core/bulk.ts';
import { originOf, packExtras, unpackExtras, withoutDeadline, withoutNotes } from '../core/extras.ts';
import { packNewRun, type FinishedRun, type Run, type RunState } from '../core/run.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Retention } from './runs.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

export type BulkBatch = {
  now: EpochMs;
  /** The Redis process that the leader was elected on. */
  primary: string;
  nextDue: EpochMs | undefined;
  /** When the next pause of a queue ends. */
  nextPauseEnd: EpochMs | undefined;
  due: StoredBulk[];
};
export type StoredBulk = { bulk: Bulk; value: string };

/** How far an operation has come with a slice. */
export type SliceEnd = { cursor: string; seen: number };

/** Unfinished runs to act on; `lane`: where in a lane they were read, in their order. */
export type LiveSlice = SliceEnd & {
  action: Exclude<BulkAction, 'retry'>;
  to: string;
  states: readonly RunState[];
  bodyJson: string;
  ids: string[];
  lane: { queue: string; lane: string; first: number; length: number } | undefined;
};

export type BulkTerms = { epoch: string; retention: Retention; stored: StoredBulk };

/** The parts of bulk operations that one shard carries on. */
export type BulkStore = ReturnType<typeof createBulkStore>;

const MAX_ROUNDS = 100;

export function createBulkStore(shard: Shard) {
  const { connection } = shard;

  const save = async (id: string, before: string, after: Omit<Bulk, 'id'>): Promise<boolean> => {
    const mode = after.state === 'running' ? 'running' : 'over';
    return (await shard.run('save_bulk', [id, before, packBulk(after), mode])) === 'saved';
  };

  /** Answers the operation as it stands after the slice; `stale` when somebody has changed it since it was read. */
  const act = async (script: string, terms: BulkTerms, end: SliceEnd, entries: ScriptArg[]) => {
    const { epoch, retention, stored } = terms;
    const { id, spec } = stored.bulk;
    const head = [epoch, retention.count, retention.bytes, id, stored.value, end.cursor, end.seen, spec.paceMs];
    const answer = (await shard.run(script, [...head, ...entries])) as string;
    if (answer === 'fenced' || answer === 'stale') return answer;
    return { bulk: unpackBulk(id, answer), value: answer };
  };

  return {
    /** The leader begins within a second. */
    async create(bulk: Bulk): Promise<void> {
      await save(bulk.id, '', bulk);
    },

    async get(id: string): Promise<Bulk | undefined> {
      const value = await connection.hget(shard.key('bulks'), id);
      return value === null ? undefined : unpackBulk(id, value);
    },

    /** Those under way and those that were lately, in no order. */
    async list(): Promise<Bulk[]> {
      const stored = await connection.hgetall(shard.key('bulks'));
      return Object.entries(stored).map(([id, value]) => unpackBulk(id, value));
    },

    /** Ends one that is under way; what it has done stays. False where there is none (any more). */
    async cancel(id: string, now: EpochMs): Promise<boolean> {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const value = await connection.hget(shard.key('bulks'), id);
        const bulk = value === null ? undefined : unpackBulk(id, value);
        if (value === null || bulk?.state !== 'running') return false;
        if (await save(id, value, { ...bulk, state: 'cancelled', updatedAt: now })) return true;
      }
      throw new Error(`bulk operation ${id} kept changing while it was cancelled`);
    },

    /** Forgets ended operations: their records do not change any more. */
    async forget(ids: readonly string[]): Promise<void> {
      if (ids.length > 0) await connection.hdel(shard.key('bulks'), ...ids);
    },

    /** Unfinished runs, dead letters, finished runs: what there is to go over, before anything is read. */
    async totals(): Promise<{ live: number; letters: number; finished: number }> {
      const [live, letters, jobs] = await Promise.all([
        connection.hlen(shard.key('runs')),
        connection.zcard(shard.key('dead')),
        connection.hkeys(shard.key('history_bytes')),
      ]);
      const lengths = await Promise.all(jobs.map((job) => connection.llen(shard.key(`history:${job}`))));
      return { live, letters, finished: lengths.reduce((sum, length) => sum + length, 0) };
    },

    async due(limit: number): Promise<BulkBatch> {
      const reply = (await shard.run('bulk_due', [limit])) as [number, string, string, string, ...string[]];
      const [now, primary, nextDue, nextPauseEnd] = reply;
      const due: StoredBulk[] = [];
      for (let i = 4; i < reply.length; i += 2) {
        const [id, value] = [reply[i] as string, reply[i + 1] as string];
        if (value !== '') due.push({ bulk: unpackBulk(id, value), value });
      }
      return { now, primary, due, nextDue: timeOf(nextDue), nextPauseEnd: timeOf(nextPauseEnd) };
    },

    actOnLive(terms: BulkTerms, slice: LiveSlice) {
      const { action, to, states, bodyJson, ids, lane } = slice;
      const window = lane === undefined ? ['', '', ''] : [`${lane.first} ${lane.length}`, lane.queue, lane.lane];
      const wanted = states.map((state) => `${state},`).join('');
      return act('bulk_live', terms, slice, [action, to, wanted, bodyJson, ...window, ...ids]);
    },

    /** Makes new runs of dead letters, or forgets those that come without a new id. */
    actOnLetters(terms: BulkTerms, end: SliceEnd, letters: { id: string; newId: string }[]) {
      return act(
        'bulk_letters',
        terms,
        end,
        letters.flatMap(({ id, newId }) => [id, newId]),
      );
    },

    runAgain(terms: BulkTerms, end: SliceEnd, finished: { finished: FinishedRun; newId: string }[]) {
      const entries = finished.flatMap(({ finished: { run }, newId }) => [
        run.id,
        newId,
        packNewRun({ ...run, extras: extrasOfAgain(run) }),
      ]);
      return act('bulk_again', terms, end, entries);
    },
  };
}

/**
 * A signature holds for the id that a run had from the beginning. No process needs to have the keys to run it again: it
 * goes on under that id, as a dead letter does.
 */
function extrasOfAgain(run: Run): string {
  const extras = withoutNotes(withoutDeadline(run.extras));
  if (extras === '') return extras;
  const { parent: _parent, children: _children, ...rest } = unpackExtras(extras);
  const isSealed = rest.signature !== undefined || rest.encrypted !== undefined;
  return packExtras(isSealed ? { ...rest, origin: originOf(run.id, extras) } : rest);
}

function timeOf(text: string): EpochMs | undefined {
  return text === '' ? undefined : Math.ceil(Number(text));
}
