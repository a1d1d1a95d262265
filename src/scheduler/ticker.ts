import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { JobRecord } from '../core/job_record.ts';
import { laneOf, packRunHead } from '../core/run.ts';
import { packHead, type StoredSchedule } from '../core/stored_schedule.ts';
import { planSchedule, type SchedulePlan } from '../core/tick.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import { packVerdict } from '../core/verdict.ts';
import type { JobStore } from '../store/jobs.ts';
import type { RunStore } from '../store/runs.ts';
import type { DueBatch, DueSchedule, FireEntry, FirePlace, ScheduleStore } from '../store/schedules.ts';
import type { Committed, CommitMemory } from './commit_memory.ts';
import type { Term } from './elector.ts';

/** Schedules read at once, and committed at once: large enough to spread the round trip, small enough not to hold Redis up. */
const READ_LIMIT = 1_000;
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

type Planned = { item: DueSchedule; plan: SchedulePlan; entry: FireEntry };
type Unplannable = { item: DueSchedule; error: unknown };

export function createTicker(deps: TickerDeps): Ticker {
  const { schedules, runs, events, clock } = deps;
  let known = new Map<string, JobRecord>();
  let knownRevision = '';
  let places = new Map<string, FirePlace>();

  const refreshJobs = async (revision: string): Promise<void> => {
    if (revision === knownRevision) return;
    known = await deps.jobs.all();
    knownRevision = revision;
    places = new Map();
  };

  const plan = (item: DueSchedule, now: EpochMs, unplannable: Unplannable[]): Planned | undefined => {
    try {
      const compiled = deps.compiled(item.schedule);
      const job = compiled.job ?? item.schedule.id;
      let place = places.get(job);
      if (!place) places.set(job, (place = placeOf(known, item.schedule, job)));
      return planOne(item, { compiled, place, memory: deps.memory }, now);
    } catch (error) {
      unplannable.push({ item, error });
      return undefined;
    }
  };

  const quarantine = async (term: Term, { item: { schedule, value }, error }: Unplannable): Promise<void> => {
    const reason = error instanceof BelfryError ? error : new BelfryError('INTERNAL', String(error));
    const { message, hint, code } = reason;
    const answer = await schedules.quarantine(term.epoch, schedule.id, value, JSON.stringify({ code, message, hint }));
    if (answer === 'fenced') throw fenced(term, 'quarantine');
    if (answer === 'quarantined') events.emit('schedule.quarantined', { schedule: schedule.id, error: message, hint });
  };

  const commit = async (term: Term, batch: Planned[], now: EpochMs): Promise<number> => {
    const answers = await schedules.fire(
      term.epoch,
      deps.ledgerCount,
      batch.map(({ entry }) => entry),
    );
    if (answers === 'fenced') throw fenced(term, 'fire');
    const committed: Committed[] = [];
    batch.forEach((planned, i) => {
      if (!answers[i]) return; // stale: changed since it was read; the next pass reads it again
      const { entry } = planned;
      if (entry.fireTime !== undefined) committed.push({ schedule: entry.id, fireTime: entry.fireTime });
      report(planned, now);
    });
    deps.memory.note(committed);
    return committed.length;
  };

  const report = ({ item, entry, plan: { verdicts } }: Planned, now: EpochMs): void => {
    if (!events.heard('schedule.verdict')) return;
    for (const { word, to, count } of verdicts) {
      events.emit('schedule.verdict', {
        job: entry.place.job,
        schedule: item.schedule.id,
        word,
        fireTime: to,
        count,
        lagMs: now - to,
      });
    }
  };

  const fenced = (term: Term, script: string): BelfryError => {
    events.emit('leader.write_refused', { shard: term.shard, epoch: term.epoch, script });
    return new BelfryError('NOT_LEADER', `a newer leader holds shard ${term.shard}; epoch ${term.epoch} was refused`);
  };

  /** Plans and sends one batch in parts, so that Redis commits the first while the next is planned. */
  const commitBatch = (term: Term, batch: DueBatch): Promise<number>[] => {
    const commits: Promise<number>[] = [];
    const unplannable: Unplannable[] = [];
    for (let from = 0; from < batch.due.length; from += COMMIT_SIZE) {
      const part = batch.due.slice(from, from + COMMIT_SIZE);
      const planned = part.flatMap((item) => plan(item, batch.now, unplannable) ?? []);
      if (planned.length > 0) commits.push(commit(term, planned, batch.now));
    }
    for (const one of unplannable) commits.push(quarantine(term, one).then(() => 0));
    return commits;
  };

  return {
    async tick(term) {
      const started = clock.monotonic();
      let batch = await schedules.due(READ_LIMIT);
      let due = 0;
      let fired = 0;
      while (batch.due.length > 0) {
        await refreshJobs(batch.jobsRevision);
        const sent = commitBatch(term, batch);
        due += batch.due.length;
        // Sent behind the commits on one connection, so it reads what they leave; it need not wait for their answers.
        const [next, counts] = await settleAll([schedules.due(READ_LIMIT), settleAll(sent)]);
        batch = next;
        fired += sum(counts);
      }
      const waiting = await runs.promote(PROMOTE_LIMIT);
      const offsetMs = waiting.now - clock.now();
      const next = Math.min(batch.nextDue ?? Infinity, waiting.nextDue ?? Infinity);
      events.emit('clock.measured', { offsetMs });
      events.emit('tick.done', {
        shard: term.shard,
        tookMs: clock.monotonic() - started,
        due,
        fired,
        nextDueMs: batch.nextDue,
      });
      return waiting.promoted === PROMOTE_LIMIT ? 0 : clamp(next - (clock.now() + offsetMs));
    },
  };
}

function placeOf(known: Map<string, JobRecord>, schedule: StoredSchedule, name: string): FirePlace {
  const job = known.get(name);
  if (!job) {
    throw new BelfryError('NOT_FOUND', `schedule ${schedule.id} fires the job ${name}, which is not registered`, {
      hint: `deploy a job file for ${name}, or delete the schedule`,
    });
  }
  const { queue, priority, policyRevision: policy } = job;
  const head = packRunHead({ job: name, queue, priority, policy });
  return { job: name, queue, lane: laneOf(name, priority), head };
}

type PlanParts = { compiled: CompiledSchedule; place: FirePlace; memory: CommitMemory };

function planOne(item: DueSchedule, { compiled, place, memory }: PlanParts, now: EpochMs): Planned {
  const { schedule, value, alive } = item;
  const plan = planSchedule(schedule, compiled, { alive, wasCommitted: (at) => memory.has(schedule.id, at) }, now);
  const entry: FireEntry = {
    id: schedule.id,
    expectedHead: value.slice(0, value.length - schedule.ruleJson.length),
    newHead: packHead({
      revision: schedule.revision,
      next: plan.next,
      last: plan.fire ?? schedule.last,
      manual: alive ? schedule.manual : '-',
    }),
    due: plan.due,
    verdicts: plan.verdicts.map(packVerdict).join(';'),
    place,
    fireTime: plan.fire,
    payloadJson: compiled.payloadJson,
  };
  return { item, plan, entry };
}

/** Waits for all, also when one fails, so that no commit is left running behind a step down. */
async function settleAll<const Promises extends readonly Promise<unknown>[]>(
  promises: Promises,
): Promise<{ -readonly [Key in keyof Promises]: Awaited<Promises[Key]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function clamp(delayMs: number): DurationMs {
  return Math.max(0, Math.min(MAX_SLEEP_MS, Math.ceil(delayMs)));
}
