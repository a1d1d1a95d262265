import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Freeze } from '../core/freeze.ts';
import type { StoredSchedule } from '../core/stored_schedule.ts';
import { planSchedule, type SchedulePlan } from '../core/tick.ts';
import type { Clock, DurationMs, EpochMs } from '../core/time/units.ts';
import { tellVerdicts } from '../core/verdict_events.ts';
import type { Retention, RunStore } from '../store/runs.ts';
import type { DueBatch, DueSchedule, FireEntry, ScheduleStore } from '../store/schedules.ts';
import type { Catalogue } from './catalogue.ts';
import type { Committed, CommitMemory } from './commit_memory.ts';
import { refusedWrite, sleepFor } from './duty_step.ts';
import type { Term } from './elector.ts';
import { fireEntryOf } from './fire_entry.ts';

/** Schedules read at once, and committed at once: large enough to spread the round trip, small enough not to hold Redis up. */
const READ_LIMIT = 1_000;
const COMMIT_SIZE = 250;
/**
 * Once planning has taken so long, what is planned is sent and the event loop turns: the renewal of the lease must not wait
 * for a batch of rules whose fire times can only be counted by a walk. Far below the stall at which a leader steps down.
 */
const PART_MS: DurationMs = 50;
const PROMOTE_LIMIT = 1_000;
/**
 * From the beginning of a tick that found something due to the next one: what is due meanwhile is fired together. Where due
 * times follow each other closely, as those of a million spread schedules do, a script that fires a hundred costs Redis little
 * more than one that fires ten. Whatever is due after a pause is not held up.
 */
const SPACING_MS: DurationMs = 10;

export type TickerDeps = {
  schedules: Pick<ScheduleStore, 'due' | 'fire' | 'quarantine'>;
  runs: Pick<RunStore, 'promote'>;
  catalogue: Catalogue;
  memory: CommitMemory;
  events: EventBus;
  clock: Clock;
  ledgerCount: number;
  retention: Retention;
  /** Missed fire times were left to be released. */
  onCatchUp: () => void;
  /** Messages for other shards wait. */
  onPost?: () => void;
};

export type Ticker = {
  /** One pass over everything that is due; returns when to call again. Throws NOT_LEADER when a newer leader is there. */
  tick(term: Term): Promise<DurationMs>;
};

type Planned = { item: DueSchedule; plan: SchedulePlan; entry: FireEntry };
type Unplannable = { item: DueSchedule; error: unknown };
/** What was planned in one go, up to the schedule at `end` of the batch. */
type Part = { planned: Planned[]; unplannable: Unplannable[]; end: number; pace: 'quick' | 'slow' };
/** `stale` ones were changed after they were read, and are to be read again. */
type Count = { fired: number; stale: number };
/** What the parts of one batch have in common. */
type Pass = { term: Term; now: EpochMs; freezes: string };

export function createTicker(deps: TickerDeps): Ticker {
  const { schedules, runs, catalogue, events, clock } = deps;

  const plan = (item: DueSchedule, now: EpochMs, freezes: readonly Freeze[]): Planned => {
    const { schedule, live, held, failures, pause } = item;
    assertReadable(schedule);
    const compiled = catalogue.compiled(schedule);
    const place = catalogue.placeOf(schedule.id, 'live', compiled);
    const wasCommitted = (at: EpochMs): boolean => deps.memory.has(schedule.id, at);
    const decided = planSchedule(schedule, compiled, { live, held, wasCommitted, failures, freezes, pause }, now);
    return { item, plan: decided, entry: fireEntryOf(item, decided, { compiled, place }) };
  };

  const quarantine = async (term: Term, { item: { schedule, value }, error }: Unplannable): Promise<void> => {
    const reason = error instanceof BelfryError ? error : new BelfryError('INTERNAL', String(error));
    const { message, hint, code } = reason;
    const answer = await schedules.quarantine(term.epoch, schedule.id, value, JSON.stringify({ code, message, hint }));
    if (answer === 'fenced') throw refusedWrite(events, term, 'quarantine');
    if (answer === 'quarantined') events.emit('schedule.quarantined', { schedule: schedule.id, error: message, hint });
  };

  const commit = async ({ term, now, freezes }: Pass, batch: Planned[]): Promise<Count> => {
    const { ledgerCount, retention } = deps;
    const answers = await schedules.fire(
      { epoch: term.epoch, ledgerCount, freezes, retention },
      batch.map(({ entry }) => entry),
    );
    if (answers === 'fenced') throw refusedWrite(events, term, 'fire');
    const committed: Committed[] = [];
    let stale = 0;
    batch.forEach((planned, i) => {
      if (answers[i] === false) return void (stale += 1);
      const { id, fire } = planned.entry;
      if (fire !== undefined) committed.push({ schedule: id, fireTime: fire.fireTime });
      report(planned, now, answers[i] === 'unmade' ? 'unmade' : 'made');
    });
    deps.memory.note(committed);
    return { fired: committed.length, stale };
  };

  const report = ({ entry, plan: { verdicts } }: Planned, now: EpochMs, run: 'made' | 'unmade'): void => {
    const { id: schedule, fire, pause, catchUp } = entry;
    const { job } = entry.place;
    const told =
      run === 'made'
        ? verdicts
        : verdicts.map((verdict) =>
            verdict.to === fire?.fireTime ? { ...verdict, word: 'skipped(overlap)' as const } : verdict,
          );
    tellVerdicts(events, schedule, told, now);
    if (pause === 'forget') events.emit('schedule.resumed', { job, schedule });
    else if (pause) events.emit('schedule.paused', { job, schedule, by: pause.by, note: pause.note });
    if (catchUp) deps.onCatchUp();
  };

  /** Plans from the schedule at `from` on, until a part is full or has taken long. */
  const planPart = ({ due, now }: DueBatch, from: number, frozen: readonly Freeze[]): Part => {
    const started = clock.monotonic();
    const part: Part = { planned: [], unplannable: [], end: from, pace: 'quick' };
    for (const item of due.slice(from, from + COMMIT_SIZE)) {
      try {
        part.planned.push(plan(item, now, frozen));
      } catch (error) {
        part.unplannable.push({ item, error });
      }
      part.end += 1;
      if (clock.monotonic() - started < PART_MS) continue;
      part.pace = 'slow';
      break;
    }
    return part;
  };

  /** Plans and sends one batch in parts, so that Redis commits the first while the next is planned. */
  const commitBatch = async (term: Term, batch: DueBatch): Promise<Promise<Count>[]> => {
    const { due, now, freezes } = batch;
    const frozen = catalogue.freezes(freezes);
    const commits: Promise<Count>[] = [];
    const unplannable: Unplannable[] = [];
    for (let from = 0; from < due.length;) {
      const part = planPart(batch, from, frozen);
      unplannable.push(...part.unplannable);
      if (part.planned.length > 0) commits.push(commit({ term, now, freezes }, part.planned));
      from = part.end;
      if (part.pace === 'slow') await turnOfEventLoop(commits);
    }
    for (const one of unplannable) commits.push(quarantine(term, one).then(() => ({ fired: 0, stale: 0 })));
    return commits;
  };

  return {
    async tick(term) {
      const started = clock.monotonic();
      let batch = await schedules.due(READ_LIMIT);
      let due = 0;
      let fired = 0;
      while (batch.due.length > 0) {
        await catalogue.refresh(batch.jobsRevision);
        const sent = await commitBatch(term, batch);
        due += batch.due.length;
        // Sent behind the commits on one connection, so it reads what they leave; it need not wait for their answers.
        const more = batch.due.length === READ_LIMIT ? schedules.due(READ_LIMIT) : Promise.resolve(undefined);
        const [following, counts] = await settleAll([more, settleAll(sent)]);
        fired += sum(counts.map((count) => count.fired));
        if (following === undefined && counts.every((count) => count.stale === 0)) break;
        batch = following ?? (await schedules.due(READ_LIMIT));
      }
      const waiting = await runs.promote(PROMOTE_LIMIT);
      if (waiting.post === 'waits') deps.onPost?.();
      const offsetMs = waiting.now - clock.now();
      const tookMs = clock.monotonic() - started;
      events.emit('clock.measured', { offsetMs });
      events.emit('tick.done', { shard: term.shard, tookMs, due, fired, nextDueMs: batch.nextDue });
      if (waiting.promoted === PROMOTE_LIMIT) return 0;
      if (due > 0) return sleepFor(SPACING_MS - tookMs);
      const next = Math.min(batch.nextDue ?? Infinity, waiting.nextDue ?? Infinity);
      return sleepFor(next - (clock.now() + offsetMs));
    },
  };
}

/** A damaged head would spoil the commit of the whole batch. */
function assertReadable({ id, next, revision, last = 0, made }: StoredSchedule): void {
  if (Number.isSafeInteger(next + revision + last + made)) return;
  throw new BelfryError('BAD_SCHEDULE', `the stored schedule ${id} is damaged`, {
    hint: 'register its job again, or save it again',
  });
}

/** Waits for all, also when one fails, so that no commit is left running behind a step down. */
async function settleAll<const Promises extends readonly Promise<unknown>[]>(
  promises: Promises,
): Promise<{ -readonly [Key in keyof Promises]: Awaited<Promises[Key]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Lets timers and the network have their turn. A promise that fails meanwhile is for whoever waits for it later. */
function turnOfEventLoop(pending: readonly Promise<unknown>[]): Promise<void> {
  for (const one of pending) one.catch(() => undefined);
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
