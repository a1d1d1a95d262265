import { packHead, packSchedule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import type { ScheduleChange } from '../../src/core/registration.ts';
import type { CommitTerms, FireEntry } from '../../src/store/schedules.ts';
import type { TestRedis } from './redis.ts';
import { KEEP_ALL, openTestShard, START, type TestShard } from './test_shard.ts';

export const MINUTE = 60_000;
const EACH_MINUTE = '{"c":"* * * * *"}';

/** A schedule for the job of the same name, due at `next`. */
export function storedSchedule(id: string, fields: Partial<StoredSchedule> = {}): StoredSchedule {
  const head = { revision: 1, state: 'active', next: START, last: undefined, made: 0, others: '-' } as const;
  return { id, ...head, ruleJson: EACH_MINUTE, ...fields };
}

/** The entry that creates it. */
export function creation(schedule: StoredSchedule): ScheduleChange {
  const due = schedule.next === 0 ? undefined : schedule.next;
  return { id: schedule.id, before: undefined, after: packSchedule(schedule), due };
}

/** Stores schedules, each of which must be new. */
export async function plant(shard: TestShard, ...schedules: StoredSchedule[]): Promise<void> {
  const saved = await shard.schedules.save(schedules.map(creation));
  if (saved.includes(false)) throw new Error('a schedule was there already');
}

/** A shard under a leader, with a schedule for a job of each name. */
export async function openAsLeader(redis: TestRedis, ...names: string[]): Promise<TestShard & { epoch: string }> {
  const shard = await openTestShard(redis);
  await shard.knows(names);
  await plant(shard, ...names.map((name) => storedSchedule(name)));
  const { epoch } = await shard.leadership.take('me', '{}');
  return { ...shard, epoch };
}

/** What a commit under this epoch says, when nothing is frozen. */
export const termsOf = (epoch: string, more: Partial<CommitTerms> = {}): CommitTerms => ({
  epoch,
  ledgerCount: 10,
  freezes: '',
  retention: KEEP_ALL,
  ...more,
});

/** The commit of a plan that fires `schedule.next` and moves on by a minute. */
export function firing(schedule: StoredSchedule, more: Partial<FireEntry> = {}): FireEntry {
  const at = schedule.next;
  const next = at + MINUTE;
  return {
    id: schedule.id,
    expectedHead: packHead(schedule),
    newHead: packHead({ ...schedule, next, last: at, others: '-' }),
    due: next,
    verdicts: `fired ${String(at)}`,
    place: { job: schedule.id, queue: 'default', lane: `5:${schedule.id}`, head: `${schedule.id} default 5 p1 0 0 0 ` },
    fire: { fireTime: at, how: 'ready' },
    payloadJson: 'null',
    ...more,
  };
}

export async function readSchedule(shard: TestShard, id: string): Promise<StoredSchedule | undefined> {
  const [value] = await shard.schedules.read([id]);
  return value === undefined ? undefined : unpackSchedule(id, value);
}
