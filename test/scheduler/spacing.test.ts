import { expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { electLeader, LEDGER_COUNT } from '../support/played_leader.ts';
import { startRedis } from '../support/redis.ts';
import { MINUTE, plant, storedSchedule } from '../support/stored_schedules.ts';
import { openTestShard, START } from '../support/test_shard.ts';

const redis = await startRedis();
const SPACING_MS = 10;

/** Schedules that fire once a minute, the first time so many ms after START, under a leader that passes at each instant. */
async function passAt(offsets: number[], firstAt: number[]) {
  const shard = await openTestShard(redis);
  const ruleJson = JSON.stringify({ e: MINUTE });
  await shard.jobs.save([recordOf(compileJob('a', { run: () => null }, { file: undefined }))], []);
  await plant(shard, ...firstAt.map((at, i) => storedSchedule(`a:${String(i)}`, { ruleJson, next: START + at })));
  const leader = await electLeader(shard, { perSecond: 1_000 });
  const passes: { sleepsMs: number; fired: number }[] = [];
  let before = 0;
  for (const offset of offsets) {
    shard.clock.now = START + offset;
    const sleepsMs = await leader.tick();
    const told = (await shard.history.ledger('a', LEDGER_COUNT)).length;
    passes.push({ sleepsMs, fired: told - before });
    before = told;
  }
  return passes;
}

test('due times that follow each other closely are fired together, the first of them at once', async () => {
  const passes = await passAt([0, SPACING_MS, 2 * SPACING_MS], [0, 3, 7, 9]);
  expect(passes[0]).toEqual({ sleepsMs: SPACING_MS, fired: 1 });
  expect(passes[1]).toEqual({ sleepsMs: SPACING_MS, fired: 3 });
  expect(passes[2]).toMatchObject({ fired: 0 });
});

test('a pass that found nothing due sleeps until the next due time, at most a second', async () => {
  const [early, late] = await passAt([-300, -30_000], [0]);
  expect(early).toEqual({ sleepsMs: 300, fired: 0 });
  expect(late).toEqual({ sleepsMs: 1_000, fired: 0 });
});

test('more than one reading holds is fired in one pass', async () => {
  const many = Array.from({ length: 2_100 }, () => 0);
  const [pass] = await passAt([0], many);
  expect(pass).toEqual({ sleepsMs: SPACING_MS, fired: many.length });
});
