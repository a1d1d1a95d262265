import { packBackfill, unpackBackfill, type Backfill } from '../core/backfill.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { CommitTerms, FirePlace } from './schedules.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A backfill that may release fire times now, with what a plan needs to know of its schedule. */
export type DueBackfill = {
  backfill: Backfill;
  value: string;
  state: 'active' | 'paused' | 'gone';
  /** Head of the stored schedule, empty where it is gone. */
  head: string;
  /** Live runs of the schedule. */
  live: number;
};

export type BackfillBatch = {
  now: EpochMs;
  jobsRevision: string;
  nextDue: EpochMs | undefined;
  freezes: string;
  due: DueBackfill[];
};

/** One backfill's part of a plan, ready for the script. */
export type BackfillEntry = {
  id: string;
  expectedValue: string;
  /** Undefined for one that is done. */
  newValue: string | undefined;
  due: EpochMs;
  schedule: string;
  /** What the stored schedule must still begin with; empty: it must still be gone. */
  expectedHead: string;
  place: FirePlace;
  /** For the ledger of the job, joined by `;`; may be empty. */
  verdicts: string;
  fireTimes: EpochMs[];
  /** What comes behind the fire time in the ids of the runs. */
  runSuffix: string;
  /** From scheduledBody: with an open head there are extras in front. */
  payloadJson: string;
  /** `noted`: the schedule's overlap policy counts the runs. */
  runs: 'noted' | 'apart';
};

const MAX_ROUNDS = 100;

/** Backfills and catch-ups of one shard. */
export type BackfillStore = ReturnType<typeof createBackfillStore>;

export function createBackfillStore(shard: Shard) {
  const { connection } = shard;

  const save = async (id: string, before: string, after: string): Promise<boolean> =>
    (await shard.run('save_backfill', [id, before, after])) === 'saved';

  return {
    /** The leader begins to release at once. False when there is one with this id, which then stays as it is. */
    create(backfill: Backfill): Promise<boolean> {
      return save(backfill.id, '', packBackfill(backfill));
    },

    /**
     * Releases no more of it from now on; runs that were made stay. The leader then drops it, and writes verdicts over
     * the rest of a catch-up. False when there is none with this id (any more).
     */
    async remove(id: string, now: EpochMs): Promise<boolean> {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const value = await connection.hget(shard.key('backfills'), id);
        if (value === null) return false;
        const backfill = unpackBackfill(id, value);
        if (backfill.spec.cancelled !== undefined) return false;
        const after = packBackfill({ ...backfill, spec: { ...backfill.spec, cancelled: now } });
        if (await save(id, value, after)) return true;
      }
      throw new Error(`backfill ${id} kept changing while it was cancelled`);
    },

    /** One that is under way or was cancelled moments ago; undefined for one that is done. */
    async get(id: string): Promise<Backfill | undefined> {
      const value = await connection.hget(shard.key('backfills'), id);
      return value === null ? undefined : unpackBackfill(id, value);
    },

    /** Those that are under way, in no order. */
    async list(): Promise<Backfill[]> {
      const stored = Object.entries(await connection.hgetall(shard.key('backfills')));
      return stored.map(([id, value]) => unpackBackfill(id, value)).filter(({ spec }) => spec.cancelled === undefined);
    },

    async due(limit: number): Promise<BackfillBatch> {
      const reply = (await shard.run('backfill_due', [limit])) as [number, string, string, string, ...string[]];
      const due: DueBackfill[] = [];
      for (let i = 4; i < reply.length; i += 4) {
        const [id, value, head, live] = reply.slice(i, i + 4) as [string, string, string, string];
        const backfill = unpackBackfill(id, value);
        due.push({ backfill, value, state: stateOf(head), head, live: Number(live) });
      }
      const [now, jobsRevision, nextDue, freezes] = reply;
      return { now, jobsRevision, nextDue: nextDue === '' ? undefined : Number(nextDue), freezes, due };
    },

    /**
     * Commits what was planned: true for each backfill that still was as it was read, as was its schedule and as were
     * the freezes. A run that is there already is not made again.
     */
    async fire(terms: Omit<CommitTerms, 'retention'>, entries: BackfillEntry[]): Promise<boolean[] | 'fenced'> {
      const reply = (await shard.run('backfill_fire', fireArgs(terms, entries))) as string;
      return reply === 'fenced' ? 'fenced' : Array.from(reply, (flag) => flag === '1');
    },

    /** Gives a due time to each backfill that has none. Returns how many. */
    async rescue(): Promise<number> {
      const ids = await connection.hkeys(shard.key('backfills'));
      if (ids.length === 0) return 0;
      const dueTimes = await connection.zmscore(shard.key('backfill_due'), ...ids);
      const lost = ids.filter((_, i) => dueTimes[i] === null);
      // One that ends just now leaves an entry that stands for nothing; `backfill_due` drops those.
      for (const id of lost) await connection.zadd(shard.key('backfill_due'), 'NX', 0, id);
      return lost.length;
    },
  };
}

function stateOf(head: string): DueBackfill['state'] {
  if (head === '') return 'gone';
  return head[head.indexOf(' ') - 1] === 'p' ? 'paused' : 'active';
}

function fireArgs(terms: Omit<CommitTerms, 'retention'>, entries: BackfillEntry[]): ScriptArg[] {
  const args: ScriptArg[] = [terms.epoch, terms.ledgerCount, terms.freezes];
  for (const entry of entries) {
    const { place, fireTimes } = entry;
    const change = [entry.id, entry.expectedValue, entry.newValue ?? '', entry.due, entry.schedule, entry.expectedHead];
    const run = [place.job, place.queue, place.lane, place.head, entry.verdicts, entry.runs, entry.runSuffix];
    args.push(...change, ...run, entry.payloadJson, fireTimes.length, ...fireTimes);
  }
  return args;
}
