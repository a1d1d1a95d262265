import { compileJob } from '../../src/core/compile_job.ts';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { planPause, planResume } from '../../src/core/pause.ts';
import type { Attempt, Settlement } from '../../src/core/run.ts';
import { parseRule, unpackSchedule } from '../../src/core/stored_schedule.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { EpochMs } from '../../src/core/time/units.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';
import { createFreezeStore } from '../../src/store/freezes.ts';
import { createScheduleChanges, type ScheduleControl } from '../../src/store/schedule_changes.ts';
import { electLeader, LEDGER_COUNT } from './played_leader.ts';
import type { TestRedis } from './redis.ts';
import { plant, storedSchedule } from './stored_schedules.ts';
import { openTestShard, START, succeeded } from './test_shard.ts';

const FOREVER_MS = 1e12;

export type PlayedSchedule = Awaited<ReturnType<typeof playSchedule>>;

/**
 * One schedule, `a`, under the real scripts, ticker and backfiller, with time at a stand: the test moves the clock, says
 * when a leader passes and when a run ends. Every run that may begin is taken by a worker at once.
 */
export async function playSchedule(redis: Pick<TestRedis, 'path'>, rule: ScheduleRule) {
  const shard = await openTestShard(redis);
  const ruleJson = JSON.stringify(rule);
  await shard.knows(['a']);
  await shard.jobs.save([recordOf(compileJob('a', { run: () => null }, { file: undefined }))], []);
  await plant(shard, storedSchedule('a', { ruleJson }));
  const leader = await electLeader(shard, { perSecond: 1_000 });
  await leader.release(); // from now on its bucket fills
  const attempts = new Map<string, Attempt>();

  const beginAll = async (): Promise<void> => {
    const claim = await shard.claim({ want: 2_000, leaseMs: FOREVER_MS });
    for (const attempt of claim.attempts) attempts.set(attempt.run.id, attempt);
  };
  const changes = createScheduleChanges(shard.shard);
  const control = async (entry: ScheduleControl): Promise<void> => {
    if (!(await changes.control([entry], LEDGER_COUNT)).includes(true)) throw new Error('the schedule has changed');
  };
  const stored = async () => {
    const [value = ''] = await shard.schedules.read(['a']);
    return { value, schedule: unpackSchedule('a', value) };
  };

  return {
    ...shard,
    /** One pass of the leader over what is due. */
    async tick(): Promise<void> {
      await leader.tick();
      await beginAll();
    },
    /** One pass over the backfills. */
    async release(): Promise<void> {
      await leader.release();
      await beginAll();
    },
    /** Ends a running attempt. False where its token holds no more. */
    async end(run: string, settlement: Settlement = succeeded()): Promise<boolean> {
      const attempt = attempts.get(run);
      if (attempt === undefined) throw new Error(`${run} does not run`);
      attempts.delete(run);
      const isSettled = await shard.settle(attempt, settlement);
      await beginAll();
      return isSettled;
    },
    async pause(until?: EpochMs): Promise<void> {
      const { value, schedule } = await stored();
      const note = { at: shard.clock.now, by: 'me', note: 'test', ...(until !== undefined && { until }) };
      const { change, verdicts } = planPause(schedule, value, note);
      await control({ change: { ...change, before: value }, pause: note, verdicts });
    },
    async resume(): Promise<void> {
      const { value, schedule } = await stored();
      const [pause] = await shard.schedules.pauseNotes(['a']);
      const compiled = compileSchedule('a', parseRule(schedule));
      const plan = planResume(schedule, value, { compiled, pause }, shard.clock.now);
      if (!plan) throw new Error('the schedule is not paused');
      await control({ change: { ...plan.change, before: value }, pause: 'forget', verdicts: plan.verdicts });
    },
    async freeze(until: EpochMs): Promise<void> {
      const store = createFreezeStore(shard.shard);
      const before = await store.read();
      const freeze = { id: `f${String(before.freezes.length)}`, from: shard.clock.now, until, by: 'me', why: 'test' };
      if ((await store.save(before, [...before.freezes, freeze])) === 'stale')
        throw new Error('the freezes have changed');
    },
    stored,
    /** Live runs by fire time, in order, each `running` or `held`. */
    async liveRuns(): Promise<[EpochMs, 'running' | 'held'][]> {
      const [ids, held] = await Promise.all([
        shard.connection.hkeys(shard.shard.key('runs')),
        shard.connection.hkeys(shard.shard.key('holds')),
      ]);
      const isHeld = new Set(held);
      const runs = ids.map((id): [EpochMs, 'running' | 'held'] => [
        fireTimeOf(id),
        isHeld.has(id) ? 'held' : 'running',
      ]);
      return runs.sort(([one], [other]) => one - other);
    },
    /** The verdicts of the ledger, fire time by fire time. Throws for a fire time that has two. */
    async verdicts(fireTimes: readonly EpochMs[]): Promise<Map<EpochMs, VerdictWord>> {
      const found = new Map<EpochMs, VerdictWord>();
      for (const { word, from, to, count } of await shard.history.ledger('a', LEDGER_COUNT)) {
        const covered = fireTimes.filter((at) => at >= from && at <= to);
        if (covered.length !== count) throw new Error(`${word} ${String(from)}..${String(to)} says ${String(count)}`);
        for (const at of covered) {
          if (found.has(at)) throw new Error(`${String(at)} is ${String(found.get(at))} and ${word}`);
          found.set(at, word);
        }
      }
      return found;
    },
  };
}

/** Fire times of a schedule of each minute. */
export const minutes = (count: number): EpochMs[] => Array.from({ length: count }, (_, i) => START + i * 60_000);

const fireTimeOf = (run: string): EpochMs => Number(run.slice(run.indexOf('@') + 1));
