import type { CompileTiming } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { Json } from '../core/job.ts';
import { quote } from '../core/quote.ts';
import { jobOf, scheduleIdOf } from '../core/schedule_id.ts';
import type { Seal } from '../core/seal.ts';
import type { Clock } from '../core/time/units.ts';
import { translateRedisError } from '../store/errors.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { createJobRecords } from './job_records.ts';
import { timingsOf } from './replan.ts';
import type { RuleCache } from './rule_cache.ts';
import { saveToShard, type SaveAnswer, type SaveMode } from './save_schedules.ts';
import {
  describeEntryError,
  prepareEntry,
  type EntryContext,
  type PreparedEntry,
  type ScheduleEntry,
} from './schedule_entry.ts';

export type SaveDeps = {
  store: Store;
  clock: Clock;
  rules: RuleCache;
  /** JSON of a payload that the job takes. Throws BAD_PAYLOAD, PAYLOAD_TOO_LARGE. */
  checkPayload: (job: string, payload: Json) => Promise<string> | string;
  seal: Pick<Seal, 'signSchedule'>;
};

const MODES: readonly SaveMode[] = ['create', 'update', 'upsert'];

/** Checks, plans and stores entries; answers for each, in their order. */
export async function saveEntries(
  deps: SaveDeps,
  entries: readonly ScheduleEntry[],
  mode: SaveMode,
): Promise<SaveAnswer[]> {
  if (!MODES.includes(mode)) {
    throw new BelfryError('BAD_USAGE', `mode is ${quote(mode)}`, { field: 'mode', hint: `one of ${MODES.join(', ')}` });
  }
  if (!Array.isArray(entries)) {
    throw new BelfryError('BAD_USAGE', `the entries are ${quote(entries)}`, {
      field: 'entries',
      hint: 'a list of them',
    });
  }
  const answers = new Array<SaveAnswer>(entries.length);
  const prepared = await prepareAll(deps, entries, answers);
  await Promise.all(
    deps.store.shards.map(async (shard) => {
      const here = prepared.filter(({ id }) => deps.store.of(jobOf(id)) === shard);
      // An id that comes twice is saved twice, one after the other.
      for (const wave of wavesOf(here)) {
        await saveToShard(shard, wave, mode, ({ index, id }, outcome) => {
          answers[index] =
            typeof outcome === 'string'
              ? { index, id, answer: outcome }
              : { index, id, answer: 'invalid', error: outcome };
        });
      }
    }),
  );
  return answers;
}

async function prepareAll(
  deps: SaveDeps,
  entries: readonly ScheduleEntry[],
  answers: SaveAnswer[],
): Promise<PreparedEntry[]> {
  const contextOf = createContexts(deps);
  const prepared: PreparedEntry[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      const made = prepareEntry(entry, index, await contextOf(entry));
      prepared.push(made instanceof Promise ? await made : made);
    } catch (thrown) {
      const error = translateRedisError(thrown);
      if (error.code.startsWith('REDIS_')) throw error; // it says nothing of the entry, which may be saved later on
      answers[index] = { index, id: idOf(entry), answer: 'invalid', error: describeEntryError(error) };
    }
  }
  return prepared;
}

function idOf(entry: unknown): string | undefined {
  const { job, key } = (entry ?? {}) as { job?: unknown; key?: unknown };
  return typeof job === 'string' && typeof key === 'string' ? scheduleIdOf(job, key) : undefined;
}

/** What the entries of a call share: calendars are read once per shard, jobs once each. */
function createContexts({ store, clock, rules, checkPayload, seal }: SaveDeps) {
  const recordOf = createJobRecords({ store, clock });
  const jobs = new Map<string, Promise<unknown> | 'known'>();
  const contexts = new Map<ShardStore, EntryContext>();
  const assertJob = (job: string): Promise<void> | undefined => {
    const found = jobs.get(job);
    if (found === 'known') return undefined;
    const asked = found ?? recordOf(job).then(() => jobs.set(job, 'known'));
    jobs.set(job, asked);
    return asked.then(() => undefined);
  };
  return async (entry: ScheduleEntry): Promise<EntryContext> => {
    const shard = store.of(String((entry as Partial<ScheduleEntry> | null)?.job));
    const found = contexts.get(shard);
    if (found !== undefined) return found;
    const timingOf: CompileTiming = await timingsOf(shard);
    const made: EntryContext = { rules, assertJob, encodePayload: checkPayload, timingOf, sign: seal.signSchedule };
    contexts.set(shard, made);
    return made;
  };
}

/** The entries in as many parts as the most frequent id comes times; each part has an id once, in order. */
function wavesOf(entries: readonly PreparedEntry[]): PreparedEntry[][] {
  const waves: PreparedEntry[][] = [];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const wave = seen.get(entry.id) ?? 0;
    seen.set(entry.id, wave + 1);
    (waves[wave] ??= []).push(entry);
  }
  return waves;
}
