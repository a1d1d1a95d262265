import type { ScheduleChange } from '../core/registration.ts';
import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

export type DueSchedule = { schedule: StoredSchedule; value: string; alive: boolean };
export type DueBatch = { now: EpochMs; jobsRevision: string; nextDue: EpochMs | undefined; due: DueSchedule[] };

/** What the runs of one job have in common; the entries of a commit share a few of these. */
export type FirePlace = { job: string; queue: string; lane: string; /** From packRunHead. */ head: string };

/** One schedule's part of a plan, ready for the fire script. */
export type FireEntry = {
  id: string;
  expectedHead: string;
  newHead: string;
  /** Next due time, or undefined when none will come. */
  due: EpochMs | undefined;
  /** For the ledger of the job, joined by `;`. */
  verdicts: string;
  place: FirePlace;
  /** Fire time to make a run for, or undefined. */
  fireTime: EpochMs | undefined;
  payloadJson: string;
};

export type TriggerRequest = {
  schedule: string;
  overlap: 'skip' | 'allow';
  queue: string;
  lane: string;
  runId: string;
  packed: string;
};
export type TriggerAnswer = { answer: 'triggered' | 'gone' } | { answer: 'overlap'; liveRun: string };

/** Schedules of one shard. */
export type ScheduleStore = ReturnType<typeof createScheduleStore>;

export function createScheduleStore(shard: Shard) {
  const { connection } = shard;
  return {
    async due(limit: number): Promise<DueBatch> {
      const reply = (await shard.run('due_schedules', [limit])) as [number, string, string, ...string[]];
      const due: DueSchedule[] = [];
      for (let i = 3; i < reply.length; i += 3) {
        const value = reply[i + 1] as string;
        due.push({ schedule: unpackSchedule(reply[i] as string, value), value, alive: reply[i + 2] === 'live' });
      }
      return { now: reply[0], jobsRevision: reply[1], nextDue: reply[2] === '' ? undefined : Number(reply[2]), due };
    },

    /** Commits a plan: true for each schedule that still was as it was read, false for a stale one. */
    async fire(epoch: string, ledgerCount: number, entries: FireEntry[]): Promise<boolean[] | 'fenced'> {
      const places = new Map<FirePlace, number>();
      const rest: ScriptArg[] = [];
      for (const { id, expectedHead, newHead, due, verdicts, place, fireTime, payloadJson } of entries) {
        let index = places.get(place);
        if (index === undefined) places.set(place, (index = places.size + 1));
        rest.push(
          id,
          expectedHead,
          newHead,
          due ?? '',
          verdicts,
          index,
          fireTime ?? '',
          fireTime === undefined ? '' : payloadJson,
        );
      }
      const args: ScriptArg[] = [epoch, ledgerCount, places.size];
      for (const { job, queue, lane, head } of places.keys()) args.push(job, queue, lane, head);
      args.push(...rest);
      const reply = (await shard.run('fire', args)) as string;
      return reply === 'fenced' ? 'fenced' : Array.from(reply, (flag) => flag === '1');
    },

    async quarantine(epoch: string, id: string, value: string, reasonJson: string) {
      return (await shard.run('quarantine', [epoch, id, value, reasonJson])) as 'quarantined' | 'stale' | 'fenced';
    },

    async read(ids: string[]): Promise<(string | undefined)[]> {
      if (ids.length === 0) return [];
      const values = await connection.hmget(shard.key('schedules'), ...ids);
      return values.map((value) => value ?? undefined);
    },

    /** True for each entry that was saved, false for one that had changed since it was read. */
    async save(entries: ScheduleChange[]): Promise<boolean[]> {
      const args: ScriptArg[] = [];
      for (const { id, before, after, due } of entries) args.push(id, before ?? '', after ?? '', due ?? '');
      const reply = (await shard.run('save_schedules', args)) as string;
      return Array.from(reply, (flag) => flag === '1');
    },

    async trigger(request: TriggerRequest): Promise<TriggerAnswer> {
      const { schedule, overlap, queue, lane, runId, packed } = request;
      const reply = (await shard.run('trigger', [schedule, overlap, queue, lane, runId, packed])) as string[];
      return reply[0] === 'overlap'
        ? { answer: 'overlap', liveRun: reply[1] ?? '' }
        : { answer: reply[0] as 'triggered' | 'gone' };
    },

    /** One slice of all schedules: pass the cursor that it returns until it is `0` again. */
    async scan(
      cursor: string,
      count: number,
    ): Promise<{ cursor: string; schedules: { schedule: StoredSchedule; value: string }[] }> {
      const [following, flat] = await connection.hscan(shard.key('schedules'), cursor, 'COUNT', count);
      const schedules: { schedule: StoredSchedule; value: string }[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const value = flat[i + 1] as string;
        schedules.push({ schedule: unpackSchedule(flat[i] as string, value), value });
      }
      return { cursor: following, schedules };
    },

    /** Due time of each schedule, undefined where it has none. */
    async dueTimes(ids: string[]): Promise<(EpochMs | undefined)[]> {
      if (ids.length === 0) return [];
      const scores = await connection.zmscore(shard.key('due'), ...ids);
      return scores.map((score) => (score === null ? undefined : Number(score)));
    },

    async quarantined(): Promise<Map<string, string>> {
      return new Map(Object.entries(await connection.hgetall(shard.key('quarantined'))));
    },
  };
}
