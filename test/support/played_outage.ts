import { expect } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { recordOf } from '../../src/core/job_record.ts';
import { jobOf } from '../../src/core/schedule_id.ts';
import type { ScheduleRule } from '../../src/core/schedule.ts';
import type { DurationMs, EpochMs } from '../../src/core/time/units.ts';
import type { LedgerEntry, VerdictWord } from '../../src/core/verdict.ts';
import { electLeader, LEDGER_COUNT, type PlayedLeader } from './played_leader.ts';
import { plant, storedSchedule } from './stored_schedules.ts';
import { KEEP_ALL, succeeded, type TestShard } from './test_shard.ts';

/** A schedule and all the fire times that its rule names, in order, at least one. */
export type PlayedRule = { id: string; rule: ScheduleRule; fireTimes: EpochMs[] };

export type Outage = {
  /** Last pass before all leaders are gone, and first pass of the next one. */
  gone: EpochMs;
  back: EpochMs;
  /** When yet another one takes over. */
  handover: EpochMs;
  /** Not over before this; it throws when catch-ups are still under way at `patience`. */
  end: EpochMs;
  patience: EpochMs;
  /** Between two passes of a leader. */
  passMs: DurationMs;
  /** BELFRY_CATCH_UP_RATE. */
  perSecond: number;
};

/** A run that was made: when it was there to be taken, and in which traffic. */
export type MadeRun = { id: string; at: EpochMs; traffic: 'live' | 'catch-up' };

export type PlayedOutage = {
  made: MadeRun[];
  /** By schedule, then by fire time, oldest first. */
  verdicts: Map<string, [EpochMs, VerdictWord][]>;
};

/** Many schedules under the real scripts, tickers and backfillers, over an outage of all leaders, on a moved clock. */
export async function playOutage(shard: TestShard, rules: PlayedRule[], outage: Outage): Promise<PlayedOutage> {
  const { gone, back, handover, end, patience, passMs, perSecond } = outage;
  const { clock } = shard;
  await plantAll(shard, rules);
  const made: MadeRun[] = [];
  const pass = async (leader: PlayedLeader): Promise<void> => {
    await leader.tick();
    made.push(...(await workOff(shard)));
    await leader.release();
    made.push(...(await workOff(shard)));
  };

  const lost = await electLeader(shard, { perSecond });
  for (; clock.now < gone; clock.now += passMs) await pass(lost);
  await pass(lost);
  clock.now = back;
  let leader = await electLeader(shard, { perSecond });
  await expect(lost.tick()).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await pass(leader);
  while (clock.now < end || (await shard.connection.hlen(shard.shard.key('backfills'))) > 0) {
    if (clock.now >= patience) throw new Error('catch-ups are still under way');
    clock.now += passMs;
    if (clock.now === handover) leader = await electLeader(shard, { perSecond });
    await pass(leader);
  }
  return { made, verdicts: await readVerdicts(shard, rules) };
}

async function plantAll(shard: TestShard, rules: PlayedRule[]): Promise<void> {
  const jobs = jobsOf(rules);
  await shard.knows(jobs);
  await shard.jobs.save(
    jobs.map((name) => recordOf(compileJob(name, { run: () => null }, { file: undefined }))),
    [],
  );
  const stored = rules.map(({ id, rule, fireTimes: [next = 0] }) =>
    storedSchedule(id, { ruleJson: JSON.stringify(rule), next }),
  );
  await plant(shard, ...stored);
}

const jobsOf = (rules: PlayedRule[]): string[] => [...new Set(rules.map(({ id }) => jobOf(id)))];

/** A worker that has room for all: it takes what is there and has done it at once. */
async function workOff(shard: TestShard): Promise<MadeRun[]> {
  const made: MadeRun[] = [];
  for (;;) {
    const { attempts } = await shard.claim({ want: 1_000 });
    if (attempts.length === 0) return made;
    for (const { run } of attempts) {
      made.push({ id: run.id, at: shard.clock.now, traffic: run.priority === 0 ? 'catch-up' : 'live' });
    }
    const entries = attempts.map(({ run, token }) => ({ id: run.id, token, settlement: succeeded() }));
    const { settled } = await shard.runs.settle(entries, KEEP_ALL);
    expect(settled).not.toContain(false);
  }
}

/** The ledgers, fire time by fire time. Throws for one that has two verdicts, and for a range that miscounts. */
async function readVerdicts(shard: TestShard, rules: PlayedRule[]): Promise<PlayedOutage['verdicts']> {
  const ledgers = await Promise.all(jobsOf(rules).map((job) => shard.history.ledger(job, LEDGER_COUNT)));
  const entries = new Map(rules.map(({ id }) => [id, [] as LedgerEntry[]]));
  for (const entry of ledgers.flat()) entries.get(entry.schedule)?.push(entry);
  const verdicts: PlayedOutage['verdicts'] = new Map();
  for (const { id, fireTimes } of rules) {
    const words = new Map<EpochMs, VerdictWord>();
    for (const { word, from, to, count } of entries.get(id) ?? []) {
      const what = `${id}: ${word} ${String(from)}..${String(to)}`;
      const covered = fireTimes.filter((at) => at >= from && at <= to);
      if (covered.length !== count) throw new Error(`${what} says ${String(count)}, not ${String(covered.length)}`);
      for (const at of covered) {
        if (words.has(at)) throw new Error(`${what} is a second verdict over ${String(at)}`);
        words.set(at, word);
      }
    }
    verdicts.set(
      id,
      [...words].sort(([one], [other]) => one - other),
    );
  }
  return verdicts;
}
