import { expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { createEventBus } from '../../src/core/events.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { createCatalogue } from '../../src/scheduler/catalogue.ts';
import { createCommitMemory } from '../../src/scheduler/commit_memory.ts';
import { createTicker } from '../../src/scheduler/ticker.ts';
import { LEDGER_COUNT } from '../support/played_leader.ts';
import { startRedis } from '../support/redis.ts';
import { plant, storedSchedule } from '../support/stored_schedules.ts';
import { KEEP_ALL, openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();
const NIGHT_MS = 12 * 3_600_000;
const COUNT = 20;

/** Twenty schedules that missed a night, under a ticker whose planning of each takes `planMs` by its own clock. */
async function catchUpNight(planMs: number) {
  const shard = await openTestShard(redis);
  const ids = Array.from({ length: COUNT }, (_, i) => `a:${String(i)}`);
  const ruleJson = JSON.stringify({ u: [{ e: 60_000 }] });
  await shard.jobs.save([recordOf(compileJob('a', { run: () => null }, { file: undefined }))], []);
  await plant(shard, ...ids.map((id) => storedSchedule(id, { ruleJson })));
  const { epoch } = await shard.leadership.take('me', '{}');
  const term = { shard: 0, epoch, primary: 'same' as const };
  const catalogue = createCatalogue(shard);
  let spentMs = 0;
  /** How many turns of the event loop there had been when each was planned. */
  const plannedAt: number[] = [];
  const parts: number[] = [];
  let turns = 0;
  const ticker = createTicker({
    ...shard,
    catalogue: {
      ...catalogue,
      compiled(stored) {
        spentMs += planMs;
        plannedAt.push(turns);
        return catalogue.compiled(stored);
      },
    },
    schedules: {
      ...shard.schedules,
      fire(terms, entries) {
        parts.push(entries.length);
        return shard.schedules.fire(terms, entries);
      },
    },
    clock: { now: () => shard.clock.now, monotonic: () => spentMs },
    events: createEventBus(),
    memory: createCommitMemory(),
    ledgerCount: LEDGER_COUNT,
    retention: KEEP_ALL,
    onCatchUp: () => undefined,
  });
  let isOver = false;
  const countTurn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  shard.clock.now = START + NIGHT_MS;
  await ticker.tick(term);
  isOver = true;
  const ledger = await shard.history.ledger('a', LEDGER_COUNT);
  return { parts, goes: new Set(plannedAt).size, ids, ledger };
}

test('a batch that takes long to plan is sent in parts, between which the event loop turns', async () => {
  const { parts, goes, ids, ledger } = await catchUpNight(20);
  // Three times 20 ms are more than the 50 of a part.
  expect(parts).toEqual([3, 3, 3, 3, 3, 3, 2]);
  expect(goes).toBe(parts.length);
  const told = ledger.map(({ schedule, word, count }) => `${schedule} ${word} ${String(count)}`);
  const expected = ids.flatMap((id) => [`${id} caught-up 1`, `${id} merged ${String(NIGHT_MS / 60_000)}`]);
  expect(told.toSorted()).toEqual(expected.toSorted());
});

test('a batch that is planned quickly is sent in one', async () => {
  const { parts, goes } = await catchUpNight(0);
  expect(parts).toEqual([COUNT]);
  expect(goes).toBe(1);
});
