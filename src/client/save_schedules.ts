import { planRegistration, type ScheduleChange } from '../core/registration.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import { describeRule } from '../core/time/words.ts';
import type { ShardStore } from '../store/store.ts';
import { redisTime } from './redis_time.ts';
import { resending } from './resending.ts';
import { calendarsNamedBy } from './rule_cache.ts';
import type { EntryError, PreparedEntry } from './schedule_entry.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

/**
 * What may become of an entry that exists, or does not: `create` leaves those alone that exist, `update` those that do
 * not, `upsert` takes both.
 */
export type SaveMode = 'create' | 'update' | 'upsert';

export type SaveWord = 'created' | 'updated' | 'unchanged' | 'exists' | 'missing';

/** What became of the entry at `index` of the call. */
export type SaveAnswer =
  | { index: number; id: string; answer: SaveWord }
  | { index: number; id: string | undefined; answer: 'invalid'; error: EntryError };

/** A word, or why the entry is invalid. */
type Outcome = SaveWord | EntryError;
type Answer = (entry: PreparedEntry, outcome: Outcome) => void;

/** Schedules per script call: enough to spread the round trip, few enough not to hold Redis up for more than a few ms. */
const CHUNK = 500;
/** Script calls under way at once, so that Redis works while the next are planned. */
const IN_FLIGHT = 4;

/** Saves the entries of one shard, each id once. Calls `answer` for each of them. */
export async function saveToShard(
  shard: ShardStore,
  entries: readonly PreparedEntry[],
  mode: SaveMode,
  answer: Answer,
): Promise<void> {
  let from = 0;
  const work = async (): Promise<void> => {
    while (from < entries.length) {
      const chunk = entries.slice(from, (from += CHUNK));
      await saveChunk(shard, chunk, mode, answer);
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, Math.ceil(entries.length / CHUNK)) }, work));
}

async function saveChunk(
  shard: ShardStore,
  chunk: readonly PreparedEntry[],
  mode: SaveMode,
  answer: Answer,
): Promise<void> {
  let left = chunk;
  for (let round = 0; left.length > 0; round += 1) {
    if (round === MAX_ROUNDS) throw keptChanging(left.map(({ id }) => id));
    const planned = await planChunk(shard, left, mode);
    for (const { entry, outcome } of planned.settled) answer(entry, outcome);
    const changes = planned.changes.map(({ change }) => change);
    const saved = changes.length === 0 ? [] : await resending(() => shard.schedules.save(changes));
    const stale: PreparedEntry[] = [];
    planned.changes.forEach(({ entry, change }, i) => {
      if (saved[i] === true) answer(entry, change.before === undefined ? 'created' : 'updated');
      else if (mode === 'create') answer(entry, 'exists');
      else stale.push(entry);
    });
    left = stale;
  }
}

type PlannedChunk = {
  changes: { entry: PreparedEntry; change: ScheduleChange }[];
  settled: { entry: PreparedEntry; outcome: Outcome }[];
};

/** A creation need not be read before: the script finds out, in the same step, whether it exists. */
async function planChunk(shard: ShardStore, chunk: readonly PreparedEntry[], mode: SaveMode): Promise<PlannedChunk> {
  const ids = chunk.map(({ id }) => id);
  const [now, values] = await Promise.all([redisTime(shard), mode === 'create' ? [] : shard.schedules.read(ids)]);
  const isKnown = values.some((value) => value !== undefined);
  const around = isKnown ? await shard.changes.surroundings(ids) : [];
  const planned: PlannedChunk = { changes: [], settled: [] };
  const hopeless: PreparedEntry[] = [];
  chunk.forEach((entry, i) => {
    const { id, ruleJson, compiled } = entry;
    const value = values[i];
    if (value === undefined && mode === 'update') {
      planned.settled.push({ entry, outcome: 'missing' });
      return;
    }
    const stored = value === undefined ? undefined : unpackSchedule(id, value);
    const quarantined = around[i]?.reasonJson !== undefined;
    const change = planRegistration(
      { id, ruleJson, stored, value, quarantined, compiled, pause: around[i]?.pause },
      now,
    );
    if (change === undefined) planned.settled.push({ entry, outcome: 'unchanged' });
    else if (value === undefined && neverFires(entry, now)) hopeless.push(entry);
    else planned.changes.push({ entry, change });
  });
  planned.settled.push(...(await refuse(shard, hopeless, mode)));
  return planned;
}

/** A named calendar may change, and give back the fire times that it leaves out now. */
function neverFires({ ruleJson, compiled }: PreparedEntry, now: EpochMs): boolean {
  return compiled.timing.next(now) === undefined && calendarsNamedBy(JSON.parse(ruleJson) as ScheduleRule).length === 0;
}

async function refuse(
  shard: ShardStore,
  hopeless: readonly PreparedEntry[],
  mode: SaveMode,
): Promise<PlannedChunk['settled']> {
  // A creation was not read before, and one that has ended exists all the same.
  const stored = mode === 'create' ? await shard.schedules.read(hopeless.map(({ id }) => id)) : [];
  return hopeless.map((entry, i) => ({ entry, outcome: stored[i] === undefined ? noFireTime(entry) : 'exists' }));
}

function noFireTime({ id, ruleJson }: PreparedEntry): EntryError {
  return {
    code: 'BAD_SCHEDULE',
    message: `it has no fire time to come: ${describeRule(JSON.parse(ruleJson) as ScheduleRule, id)}`,
    field: 'schedule',
    hint: 'give it a time that is still to come; to have a run now, enqueue one',
  };
}
