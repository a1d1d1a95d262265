import { packBackfill, type Backfill } from '../core/backfill.ts';
import type { PauseNote } from '../core/freeze.ts';
import type { OverlapPolicy } from '../core/job.ts';
import type { ScheduleChange } from '../core/registration.ts';
import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { Fire } from '../core/tick.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Retention } from './runs.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A due schedule, with what a plan needs to know of it. */
export type DueSchedule = {
  schedule: StoredSchedule;
  value: string;
  /** Its runs that live; those of earlier commits first. */
  live: readonly string[];
  /** How many of them are held behind others. */
  held: number;
  /** Dead letters in a row of its scheduled runs. */
  failures: number;
  /** Why it is paused, where it is. */
  pause: PauseNote | undefined;
};

export type DueBatch = {
  now: EpochMs;
  jobsRevision: string;
  nextDue: EpochMs | undefined;
  /** The freezes as they are stored, empty for none: a commit says them again, and is stale where they have changed. */
  freezes: string;
  due: DueSchedule[];
};

/** What the runs of one job have in common; the entries of a commit share a few of these. */
export type FirePlace = { job: string; queue: string; lane: string; /** From packRunHead. */ head: string };

/** What all entries of a commit share. */
export type CommitTerms = {
  epoch: string;
  /** Verdicts kept per job. */
  ledgerCount: number;
  /** As they were read with what was planned. */
  freezes: string;
  /** For runs that an overlap policy ends. */
  retention: Retention;
};

/** False for a stale plan; `unmade`: its fire time was recorded as skipped, for another run has the unique key of its run. */
export type Committed = boolean | 'unmade';

/** One schedule's part of a plan, ready for the fire script. */
export type FireEntry = {
  id: string;
  expectedHead: string;
  newHead: string;
  /** Next due time, or undefined when none will come. */
  due: EpochMs | undefined;
  /** For the ledger of the job, joined by `;`; may be empty. */
  verdicts: string;
  place: FirePlace;
  /** The run to make, or undefined. */
  fire: Fire | undefined;
  /** From scheduledBody: with an open head there are extras in front. */
  payloadJson: string;
  /** Missed fire times to be released behind it. */
  catchUp?: Backfill | undefined;
  /** A note to store with a schedule that is paused by this commit; `forget` for one that goes on. */
  pause?: PauseNote | 'forget' | undefined;
  /** `delete`: this was the schedule's last commit. */
  end?: 'keep' | 'delete' | undefined;
  /** `resume`: the end of the fired run sets the next fire time (fixed delay). */
  afterRun?: 'resume' | undefined;
};

export type TriggerRequest = {
  schedule: string;
  /** What is to happen when a run of the schedule lives; `allow` starts in any case. */
  overlap: OverlapPolicy;
  queue: string;
  lane: string;
  runId: string;
  packed: string;
  /** For runs that the policy ends. */
  retention: Retention;
};

/** `held`: the run was made and waits behind `behind`. `overlap`: it was not made, because `liveRun` lives. */
export type TriggerAnswer =
  | { answer: 'triggered' | 'gone' }
  | { answer: 'held'; behind: string[] }
  | { answer: 'overlap'; liveRun: string };

/** Schedules of one shard. */
export type ScheduleStore = ReturnType<typeof createScheduleStore>;

export function createScheduleStore(shard: Shard) {
  const { connection } = shard;
  return {
    async due(limit: number): Promise<DueBatch> {
      const reply = (await shard.run('due_schedules', [limit])) as [number, string, string, string, ...string[]];
      const due: DueSchedule[] = [];
      for (let i = 4; i < reply.length; i += 3) {
        due.push(readDue(reply[i] as string, reply[i + 1] as string, reply[i + 2] as string));
      }
      const [now, jobsRevision, nextDue, freezes] = reply;
      return { now, jobsRevision, nextDue: nextDue === '' ? undefined : Number(nextDue), freezes, due };
    },

    /**
     * Commits a plan: true for each schedule that still was as it was read, false for a stale one. All are stale when a
     * freeze was said or lifted meanwhile.
     */
    async fire(terms: CommitTerms, entries: FireEntry[]): Promise<Committed[] | 'fenced'> {
      const reply = (await shard.run('fire', fireArgs(terms, entries))) as string;
      return reply === 'fenced' ? 'fenced' : Array.from(reply, (flag) => (flag === 'u' ? 'unmade' : flag === '1'));
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

    /** Makes a run by hand, noted in the schedule, so that its overlap policy counts it. */
    async trigger(request: TriggerRequest): Promise<TriggerAnswer> {
      const { schedule, overlap, queue, lane, runId, packed, retention } = request;
      const args = [schedule, overlap, queue, lane, runId, packed, retention.count, retention.bytes];
      const [answer, ...runs] = (await shard.run('trigger', args)) as string[];
      if (answer === 'overlap') return { answer, liveRun: runs[0] ?? '' };
      return answer === 'held' ? { answer, behind: runs } : { answer: answer as 'triggered' | 'gone' };
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

    /** Why each of these is paused; undefined for one that is not. */
    async pauseNotes(ids: string[]): Promise<(PauseNote | undefined)[]> {
      if (ids.length === 0) return [];
      const notes = await connection.hmget(shard.key('paused'), ...ids);
      return notes.map((json) => (json === null ? undefined : (JSON.parse(json) as PauseNote)));
    },
  };
}

const NONE: readonly string[] = [];

/** `facts` is empty for a schedule without any, else `<live ids or -> <held> <failures> <pause note JSON or nothing>`. */
function readDue(id: string, value: string, facts: string): DueSchedule {
  const schedule = unpackSchedule(id, value);
  if (facts === '') return { schedule, value, live: NONE, held: 0, failures: 0, pause: undefined };
  const [live = '-', held = '0', failures = '0', ...note] = facts.split(' ');
  return {
    schedule,
    value,
    live: live === '-' ? NONE : live.split(','),
    held: Number(held),
    failures: Number(failures),
    pause: (note[0] ?? '') === '' ? undefined : (JSON.parse(note.join(' ')) as PauseNote),
  };
}

function fireArgs({ epoch, ledgerCount, freezes, retention }: CommitTerms, entries: FireEntry[]): ScriptArg[] {
  const places = new Map<FirePlace, number>();
  const rest: ScriptArg[] = [];
  const extras: ScriptArg[] = [];
  entries.forEach((entry, i) => {
    const { place, fire } = entry;
    let index = places.get(place);
    if (index === undefined) places.set(place, (index = places.size + 1));
    const isReady = fire?.how === 'ready';
    rest.push(
      entry.id,
      entry.expectedHead,
      entry.newHead,
      entry.due ?? '',
      entry.verdicts,
      index,
      isReady ? fire.fireTime : '',
      isReady ? entry.payloadJson : '',
    );
    pushExtras(extras, entry, i + 1);
  });
  const args: ScriptArg[] = [
    epoch,
    ledgerCount,
    freezes,
    retention.count,
    retention.bytes,
    places.size,
    entries.length,
  ];
  for (const { job, queue, lane, head } of places.keys()) args.push(job, queue, lane, head);
  return args.concat(rest, extras);
}

/** What few entries have: four values each, with the number of the entry in front. */
function pushExtras(extras: ScriptArg[], entry: FireEntry, number: number): void {
  const { fire, catchUp, pause } = entry;
  if (fire && fire.how !== 'ready') extras.push(number, fire.how, fire.fireTime, entry.payloadJson);
  if (fire && entry.afterRun === 'resume') extras.push(number, 'follow', fire.fireTime, '');
  if (catchUp) extras.push(number, 'catch-up', catchUp.id, packBackfill(catchUp));
  if (pause === 'forget') extras.push(number, 'forget', '', '');
  else if (pause) extras.push(number, 'pause', JSON.stringify(pause), '');
  if (entry.end === 'delete') extras.push(number, 'delete', '', '');
}
