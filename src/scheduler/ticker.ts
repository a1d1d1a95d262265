import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { JobRecord } from '../core/job_record.ts';
import { laneOf, packNewRun, scheduledRunId } from '../core/run.ts';
import { packHead, type StoredSchedule } from '../core/stored_schedule.ts';
import { planSchedule, type SchedulePlan } from '../core/tick.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import { packVerdict } from '../core/verdict.ts';
import type { JobStore } from '../store/jobs.ts';
import type { RunStore } from '../store/runs.ts';
import type { DueSchedule, FireEntry, ScheduleStore } from '../store/schedules.ts';
import type { CommitMemory } from './commit_memory.ts';
import type { Term } from './elector.ts';

/** Schedules read at once, and committed at once: large enough to spread the round trip, small enough not to hold Redis up. */
const READ_LIMIT = 4_000;
const COMMIT_SIZE = 250;
const PROMOTE_LIMIT = 1_000;
/** Longest sleep: the proof of life that readiness looks at. */
const MAX_SLEEP_MS: DurationMs = 1_000;

export type TickerDeps = {
  schedules: Pick<ScheduleStore, 'due' | 'fire' | 'quarantine'>;
  jobs: Pick<JobStore, 'all'>;
  runs: Pick<RunStore, 'promote'>;
  compiled: (schedule: StoredSchedule) => CompiledSchedule;
  memory: CommitMemory;
  events: EventBus;
  clock: Clock;
  ledgerCount: number;
};

export type Ticker = {
  /** One pass over everything that is due; returns when to call again. Throws NOT_LEADER when a newer leader is there. */
  tick(term: Term): Promise<DurationMs>;
};

type Planned = { item: DueSchedule; job: string; plan: SchedulePlan; entry: FireEntry };

export function createTicker(deps: TickerDeps): Ticker {
  const { schedules, runs, events, clock } = deps;
  let known = new Map<string, JobRecord>();
  let knownRevision = '';

  const refreshJobs = async (revision: string): Promise<void> => {
    if (revision === knownRevision) return;
    known = await deps.jobs.all();
    knownRevision = revision;
  };

  const plan = async (term: Term, item: DueSchedule, now: EpochMs): Promise<Planned | undefined> => {
    try {
      return planOne(deps, known, item, now);
    } catch (error) {
      await quarantine(term, item, error);
      return undefined;
    }
  };

  const quarantine = async (term: Term, { schedule, value }: DueSchedule, error: unknown): Promise<void> => {
    const reason = error instanceof BelfryError ? error : new BelfryError('INTERNAL', String(error));
    const { message, hint, code } = reason;
    const answer = await schedules.quarantine(term.epoch, schedule.id, value, JSON.stringify({ code, message, hint }));
    if (answer === 'fenced') throw fenced(term, 'quarantine');
    if (answer === 'quarantined') events.emit('schedule.quarantined', { schedule: schedule.id, error: message, hint });
  };

  const commit = async (term: Term, batch: Planned[], now: EpochMs): Promise<number> => {
    const answers = await schedules.fire(term.epoch, deps.ledgerCount, batch.map(({ entry }) => entry));
    if (answers === 'fenced') throw fenced(term, 'fire');
    let fired = 0;
    batch.forEach((planned, i) => {
      if (!answers[i]) return; // stale: changed since it was read; the next pass reads it again
      if (planned.plan.fire !== undefined) {
        fired += 1;
        deps.memory.note(planned.item.schedule.id, planned.plan.fire);
      }
      report(planned, now);
    });
    return fired;
  };

  const report = ({ item, job, plan: { verdicts } }: Planned, now: EpochMs): void => {
    if (!events.heard('schedule.verdict')) return;
    for (const { word, to, count } of verdicts) {
      events.emit('schedule.verdict', { job, schedule: item.schedule.id, word, fireTime: to, count, lagMs: now - to });
    }
  };

  const fenced = (term: Term, script: string): BelfryError => {
    events.emit('leader.write_refused', { shard: term.shard, epoch: term.epoch, script });
    return new BelfryError('NOT_LEADER', `a newer leader holds shard ${term.shard}; epoch ${term.epoch} was refused`);
  };

  return {
    async tick(term) {
      const started = clock.monotonic();
      let due = 0;
      let fired = 0;
      let nextDue: EpochMs | undefined;
      let offsetMs = 0;
      for (let more = true; more; ) {
        const batch = await schedules.due(READ_LIMIT);
        offsetMs = batch.now - clock.now();
        nextDue = batch.nextDue;
        await refreshJobs(batch.jobsRevision);
        const commits: Promise<number>[] = [];
        for (let from = 0; from < batch.due.length; from += COMMIT_SIZE) {
          const planned: Planned[] = [];
          for (const item of batch.due.slice(from, from + COMMIT_SIZE)) {
            const one = await plan(term, item, batch.now);
            if (one) planned.push(one);
          }
          commits.push(commit(term, planned, batch.now));
        }
        due += batch.due.length;
        fired += sum(await settleAll(commits));
        more = batch.due.length > 0;
      }
      const waiting = await runs.promote(PROMOTE_LIMIT);
      const next = Math.min(nextDue ?? Infinity, waiting.nextDue ?? Infinity);
      events.emit('clock.measured', { offsetMs });
      events.emit('tick.done', { shard: term.shard, tookMs: clock.monotonic() - started, due, fired, nextDueMs: nextDue });
      return waiting.promoted === PROMOTE_LIMIT ? 0 : clamp(next - (clock.now() + offsetMs));
    },
  };
}

function planOne(deps: TickerDeps, known: Map<string, JobRecord>, item: DueSchedule, now: EpochMs): Planned {
  const { schedule } = item;
  const compiled = deps.compiled(schedule);
  const name = compiled.job ?? schedule.id;
  const job = known.get(name);
  if (!job) {
    throw new BelfryError('NOT_FOUND', `schedule ${schedule.id} fires the job ${name}, which is not registered`, {
      hint: `deploy a job file for ${name}, or delete the schedule`,
    });
  }
  const facts = { alive: item.alive, wasCommitted: (at: EpochMs) => deps.memory.has(schedule.id, at) };
  const plan = planSchedule(schedule, compiled, facts, now);
  const head = { ...schedule, next: plan.next, last: plan.fire ?? schedule.last, manual: item.alive ? schedule.manual : '-' };
  const run = { job: name, queue: job.queue, priority: job.priority, policy: job.policyRevision };
  const entry: FireEntry = {
    id: schedule.id,
    expectedHead: packHead(schedule),
    newHead: packHead(head),
    due: plan.due,
    ledger: { job: name, verdicts: plan.verdicts.map(packVerdict) },
    run:
      plan.fire === undefined
        ? undefined
        : {
            id: scheduledRunId(schedule.id, plan.fire),
            queue: job.queue,
            lane: laneOf(job.name, job.priority),
            packed: `${plan.fire} ${packNewRun({ ...run, payloadJson: compiled.payloadJson })}`,
          },
  };
  return { item, job: name, plan, entry };
}

/** Waits for all, also when one fails, so that no commit is left running behind a step down. */
async function settleAll(commits: Promise<number>[]): Promise<number[]> {
  const results = await Promise.allSettled(commits);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  return results.map((result) => (result as PromiseFulfilledResult<number>).value);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function clamp(delayMs: number): DurationMs {
  return Math.max(0, Math.min(MAX_SLEEP_MS, Math.ceil(delayMs)));
}
