import { jobOf } from '../core/schedule_id.ts';
import type { ScheduleChange } from '../core/registration.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { isIds, type ControlAnswer, type ScheduleTarget } from './control_schedules.ts';
import { scanSchedules } from './schedule_scan.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

const CHUNK = 500;

/** Removes schedules. Answers in the order of the ids; a filter's in the order of the scan, without those of job files. */
export async function deleteSchedules(store: Store, target: ScheduleTarget): Promise<ControlAnswer[]> {
  const answers = new Map<string, ControlAnswer>();
  const remove = async (shard: ShardStore, ids: readonly string[]): Promise<void> => {
    for (let from = 0; from < ids.length; from += CHUNK) {
      for (const one of await removeChunk(shard, ids.slice(from, from + CHUNK))) answers.set(one.id, one);
    }
  };
  if (isIds(target)) {
    const ids = [...new Set(target)].filter((id) => jobOf(id) !== id);
    for (const shard of store.shards)
      await remove(
        shard,
        ids.filter((id) => store.of(jobOf(id)) === shard),
      );
    return target.map((id) => answers.get(id) ?? ofJobFile(id));
  }
  let cursor: string | undefined;
  do {
    const { shard, found, next } = await scanSchedules(store, target, { cursor, limit: CHUNK });
    await remove(
      shard,
      found.map(({ schedule }) => schedule.id).filter((id) => jobOf(id) !== id),
    );
    cursor = next;
  } while (cursor !== undefined);
  return [...answers.values()];
}

async function removeChunk(shard: ShardStore, ids: readonly string[]): Promise<ControlAnswer[]> {
  const answers: ControlAnswer[] = [];
  let left = [...ids];
  for (let round = 0; left.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw keptChanging(left);
    const values = await shard.schedules.read(left);
    const changes = left.flatMap((id, i): ScheduleChange[] => {
      const before = values[i];
      if (before !== undefined) return [{ id, before, after: undefined, due: undefined }];
      answers.push({ id, answer: 'missing' });
      return [];
    });
    const saved = changes.length === 0 ? [] : await shard.schedules.save(changes);
    left = [];
    changes.forEach(({ id }, i) => {
      if (saved[i] === true) answers.push({ id, answer: 'done' });
      else left.push(id);
    });
  }
  return answers;
}

function ofJobFile(id: string): ControlAnswer {
  return {
    id,
    answer: 'invalid',
    error: {
      code: 'BAD_USAGE',
      message: `${id} is the schedule of a job file`,
      field: 'id',
      hint: `take it out of the job file, or pause it: belfry jobs pause ${id}`,
    },
  };
}
