import type { PauseNote } from '../core/freeze.ts';
import type { ScheduleChange } from '../core/registration.ts';
import { unpackSchedule, type StoredSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import { packVerdict, type Verdict } from '../core/verdict.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A change of a schedule that a person made: a pause, a resume, a fire time that is marked. */
export type ScheduleControl = {
  change: ScheduleChange & { before: string };
  /** The note to keep from now on, `forget`, or undefined to leave it as it is. */
  pause: PauseNote | 'forget' | undefined;
  verdicts: readonly Verdict[];
};

/** What is kept of a schedule beside its stored value. */
export type ScheduleSurroundings = {
  due: EpochMs | undefined;
  pause: PauseNote | undefined;
  /** Why the leader has taken it out: JSON. */
  reasonJson: string | undefined;
};

export type StoredValue = { schedule: StoredSchedule; value: string };

/** A run that is not finished, as far as an overlap policy goes. */
export type LivingRun = {
  id: string;
  /** When its attempt began, while it runs. */
  startedAt: EpochMs | undefined;
  /** The runs that it is held behind, and since when. */
  heldBy: { runs: string[]; since: EpochMs } | undefined;
};

/** Changes of one shard's schedules by people, and what a view of a schedule needs to read. */
export type ScheduleChanges = ReturnType<typeof createScheduleChanges>;

export function createScheduleChanges(shard: Shard) {
  const { connection } = shard;
  return {
    /** True for each that was saved, false for one that had changed since it was read. Each id once. */
    async control(entries: readonly ScheduleControl[], ledgerCount: number): Promise<boolean[]> {
      if (entries.length === 0) return [];
      const args: ScriptArg[] = [ledgerCount];
      for (const { change, pause, verdicts } of entries) {
        const note = pause === undefined || pause === 'forget' ? (pause ?? '') : JSON.stringify(pause);
        args.push(
          change.id,
          change.before,
          change.after ?? '',
          change.due ?? '',
          note,
          verdicts.map(packVerdict).join(';'),
        );
      }
      const reply = (await shard.run('control_schedules', args)) as string;
      return Array.from(reply, (flag) => flag === '1');
    },

    async surroundings(ids: readonly string[]): Promise<ScheduleSurroundings[]> {
      if (ids.length === 0) return [];
      const [due, notes, reasons] = await Promise.all([
        connection.zmscore(shard.key('due'), ...ids),
        connection.hmget(shard.key('paused'), ...ids),
        connection.hmget(shard.key('quarantined'), ...ids),
      ]);
      return ids.map((_, i) => {
        const [at, note] = [due[i] ?? undefined, notes[i] ?? undefined];
        return {
          due: at === undefined ? undefined : Number(at),
          pause: note === undefined ? undefined : (JSON.parse(note) as PauseNote),
          reasonJson: reasons[i] ?? undefined,
        };
      });
    },

    /** One slice of the ids that the leader has taken out; go on with the cursor until it is `0` again. */
    async scanQuarantined(cursor: string, count: number): Promise<{ cursor: string; ids: string[] }> {
      const [following, flat] = await connection.hscan(shard.key('quarantined'), cursor, 'COUNT', count);
      return { cursor: following, ids: flat.filter((_, i) => i % 2 === 0) };
    },

    /** Those of some runs that live, in order. */
    async living(ids: readonly string[]): Promise<LivingRun[]> {
      if (ids.length === 0) return [];
      const [there, holders, holds] = await Promise.all([
        Promise.all(ids.map((id) => connection.hexists(shard.key('runs'), id))),
        connection.hmget(shard.key('running'), ...ids),
        connection.hmget(shard.key('holds'), ...ids),
      ]);
      return ids.flatMap((id, i) => {
        if (there[i] !== 1) return [];
        const started = holders[i]?.split(' ')[2];
        const [since = '0', blockers = ''] = holds[i]?.split(' ') ?? [];
        return {
          id,
          startedAt: started === undefined ? undefined : Number(started),
          heldBy: blockers === '' ? undefined : { runs: blockers.split(','), since: Number(since) },
        };
      });
    },

    /** One slice of the schedules whose id matches a glob, sorted by id; go on with the cursor until it is `0` again. */
    async scanMatching(
      cursor: string,
      { match, count }: { match: string; count: number },
    ): Promise<{ cursor: string; found: StoredValue[] }> {
      const [following, flat] = await connection.hscan(shard.key('schedules'), cursor, 'MATCH', match, 'COUNT', count);
      const found: StoredValue[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const value = flat[i + 1] as string;
        found.push({ schedule: unpackSchedule(flat[i] as string, value), value });
      }
      return { cursor: following, found: found.sort((a, b) => (a.schedule.id < b.schedule.id ? -1 : 1)) };
    },
  };
}
