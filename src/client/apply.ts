import type { JobDefinition } from '../core/definition.ts';
import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import { recordOf, type JobRecord } from '../core/job_record.ts';
import { planRegistration } from '../core/registration.ts';
import { unpackSchedule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';

export type Applied = { added: string[]; changed: string[]; removed: string[]; total: number };

export type Application = {
  definitions: JobDefinition[];
  /** Names that are left as they are: jobs whose file is broken at the moment. A typo must not prune a schedule. */
  keep: readonly string[];
  events: EventBus;
};

const MAX_ROUNDS = 10;

/**
 * Makes Redis say what the job files say: adds, changes, prunes. `jobs/` is the truth, Redis its cache. Idempotent and
 * safe from any number of replicas at once; waiting and running runs are never touched.
 */
export async function applyJobs(store: Store, { definitions, keep, events }: Application): Promise<Applied> {
  const applied: Applied = { added: [], changed: [], removed: [], total: definitions.length };
  for (const shard of store.shards) {
    const records = definitions.filter(({ name }) => store.of(name) === shard).map(recordOf);
    const part = await applyToShard(shard, records, keep);
    applied.added.push(...part.added);
    applied.changed.push(...part.changed);
    applied.removed.push(...part.removed);
  }
  events.emit('jobs.registered', applied);
  return applied;
}

async function applyToShard(
  shard: ShardStore,
  records: JobRecord[],
  keep: readonly string[],
): Promise<Omit<Applied, 'total'>> {
  const before = await shard.jobs.all();
  const wanted = new Set([...records.map(({ name }) => name), ...keep]);
  const removed = [...before.keys()].filter((name) => !wanted.has(name));
  const differing = records.filter((record) => JSON.stringify(before.get(record.name)) !== JSON.stringify(record));
  const saved = new Set(differing.length > 0 ? await shard.jobs.save(differing, []) : []);
  const rules = new Map<string, string | undefined>(records.map(({ name, ruleJson }) => [name, ruleJson]));
  for (const name of removed) rules.set(name, undefined);
  await reconcileSchedules(shard, rules);
  if (removed.length > 0) await shard.jobs.save([], removed);
  return {
    added: [...saved].filter((name) => !before.has(name)),
    changed: [...saved].filter((name) => before.has(name)),
    removed,
  };
}

/** Rounds end when no entry was stale: each stale one means that somebody else has just made progress. */
async function reconcileSchedules(shard: ShardStore, rules: Map<string, string | undefined>): Promise<void> {
  let ids = [...rules.keys()];
  for (let round = 0; ids.length > 0; round += 1) {
    if (round === MAX_ROUNDS) {
      throw new BelfryError(
        'INTERNAL',
        `schedules kept changing while they were registered: ${ids.slice(0, 5).join(', ')}`,
      );
    }
    const now = await redisTime(shard);
    const [values, quarantined] = await Promise.all([shard.schedules.read(ids), shard.schedules.quarantined()]);
    const changes = ids.flatMap((id, i) => {
      const value = values[i];
      const stored = value === undefined ? undefined : unpackSchedule(id, value);
      return (
        planRegistration({ id, ruleJson: rules.get(id), stored, value, quarantined: quarantined.has(id) }, now) ?? []
      );
    });
    if (changes.length === 0) return;
    const saved = await shard.schedules.save(changes);
    ids = changes.filter((_, i) => !saved[i]).map(({ id }) => id);
  }
}

async function redisTime({ shard }: ShardStore): Promise<EpochMs> {
  const [seconds, micros] = await shard.connection.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
