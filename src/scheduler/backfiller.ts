import { packBackfill } from '../core/backfill.ts';
import { planBackfill, type BackfillPlan } from '../core/backfill_plan.ts';
import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Freeze } from '../core/freeze.ts';
import { jobOf } from '../core/schedule_id.ts';
import { scheduledBody } from '../core/seal.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { packVerdict } from '../core/verdict.ts';
import { tellVerdicts } from '../core/verdict_events.ts';
import type { BackfillBatch, BackfillEntry, BackfillStore, DueBackfill } from '../store/backfills.ts';
import type { FirePlace } from '../store/schedules.ts';
import type { Catalogue } from './catalogue.ts';
import { refusedWrite, sleepFor } from './duty_step.ts';
import type { Term } from './elector.ts';
import { createReleaseBucket } from './release_bucket.ts';

const READ_LIMIT = 200;
/** One that cannot be planned (its job is not registered, its zone is not known here) is tried again after this. */
const RETRY_MS: DurationMs = 30_000;

export type BackfillerDeps = {
  backfills: Pick<BackfillStore, 'due' | 'fire'>;
  catalogue: Catalogue;
  events: EventBus;
  ledgerCount: number;
  /** Fire times released per second at the most, by all backfills of the shard together. */
  perSecond: number;
};

export type Backfiller = {
  /** Releases what may be released now; returns when to call again. Throws NOT_LEADER when a newer leader is there. */
  release(term: Term): Promise<DurationMs>;
};

type Planned = { item: DueBackfill; plan: BackfillPlan; entry: BackfillEntry; error?: string };

/** Makes up for missed fire times, and fires past ones that somebody asked for: slowly, behind all live work. */
export function createBackfiller(deps: BackfillerDeps): Backfiller {
  const { backfills, catalogue, events } = deps;
  const bucket = createReleaseBucket(deps.perSecond);

  /** Plans in the order of due times until the bucket is empty: whoever was served last comes last. */
  const planBatch = (term: Term, { due, now, freezes }: BackfillBatch): Planned[] => {
    const frozen = catalogue.freezes(freezes);
    const planned: Planned[] = [];
    for (const item of due) {
      const tokens = bucket.available(now);
      if (tokens < 1) break;
      const one = planOne(catalogue, item, { freezes: frozen, tokens, now });
      if (one.error !== undefined) events.emit('tick.failed', { shard: term.shard, error: one.error });
      bucket.take(one.plan.fires.length);
      planned.push(one);
    }
    return planned;
  };

  const commit = async (term: Term, batch: BackfillBatch, planned: Planned[]): Promise<boolean[]> => {
    const terms = { epoch: term.epoch, ledgerCount: deps.ledgerCount, freezes: batch.freezes };
    const answers = await backfills.fire(
      terms,
      planned.map(({ entry }) => entry),
    );
    if (answers === 'fenced') throw refusedWrite(events, term, 'backfill_fire');
    planned.forEach((one, i) => {
      if (answers[i]) report(one, batch.now);
      else bucket.take(-one.plan.fires.length);
    });
    return answers;
  };

  const report = ({ item: { backfill }, plan, entry }: Planned, now: EpochMs): void => {
    const { schedule, kind } = backfill.spec;
    tellVerdicts(events, schedule, plan.verdicts, now);
    if (entry.newValue !== undefined) return;
    const released = backfill.released + plan.fires.length;
    events.emit('backfill.done', { schedule, backfill: backfill.id, kind, released });
  };

  return {
    async release(term) {
      const batch = await backfills.due(READ_LIMIT);
      const { now, due, nextDue = Infinity } = batch;
      bucket.available(now); // it fills while nothing is due, too
      if (due.length === 0) return sleepFor(nextDue - now);
      await catalogue.refresh(batch.jobsRevision);
      const planned = planBatch(term, batch);
      const answers = planned.length === 0 ? [] : await commit(term, batch, planned);
      if (answers.includes(false)) return 0; // changed since it was read
      const dueTimes = planned.flatMap(({ entry }) => (entry.newValue === undefined ? [] : [entry.due]));
      const isMore = planned.length < due.length || due.length === READ_LIMIT;
      return isMore ? Math.max(1, sleepFor(bucket.waitMs())) : sleepFor(Math.min(nextDue, ...dueTimes) - now);
    },
  };
}

type Moment = { freezes: readonly Freeze[]; tokens: number; now: EpochMs };

function planOne(catalogue: Catalogue, item: DueBackfill, moment: Moment): Planned {
  const { backfill, live, state: paused } = item;
  const { id, spec } = backfill;
  try {
    const compiled = catalogue.compiled({ id: spec.schedule, ruleJson: spec.ruleJson });
    const { freezes, tokens, now } = moment;
    const plan = planBackfill(backfill, compiled, { live, paused, freezes, tokens }, now);
    const payload =
      spec.payload === undefined ? compiled : { payloadJson: JSON.stringify(spec.payload), signature: spec.signature };
    const place = plan.fires.length > 0 ? catalogue.placeOf(spec.schedule, 'catch-up', payload) : bare(spec.schedule);
    return { item, plan, entry: entryOf(item, plan, { place, payloadJson: scheduledBody(payload) }) };
  } catch (error) {
    const plan = { verdicts: [], fires: [], cursor: backfill.cursor, lookAgainAt: moment.now + RETRY_MS };
    const entry = entryOf(item, plan, { place: bare(spec.schedule), payloadJson: '' });
    return { item, plan, entry, error: `backfill ${id} of ${spec.schedule}: ${messageOf(error)}` };
  }
}

function entryOf(item: DueBackfill, plan: BackfillPlan, run: { place: FirePlace; payloadJson: string }): BackfillEntry {
  const { backfill, value, head } = item;
  const { id, released, spec } = backfill;
  const { fires, cursor } = plan;
  const isCounted = spec.overlap !== 'allow';
  const after = { cursor, released: released + fires.length, spec };
  return {
    id,
    expectedValue: value,
    newValue: cursor === 0 ? undefined : packBackfill(after),
    due: plan.lookAgainAt,
    schedule: spec.schedule,
    // Where live runs count, no other may have begun meanwhile; else it is enough that it was neither paused nor changed.
    expectedHead: isCounted && fires.length > 0 ? head : head.slice(0, head.indexOf(' ') + 1),
    ...run,
    verdicts: plan.verdicts.map(packVerdict).join(';'),
    fireTimes: fires,
    runSuffix: spec.kind === 'catch-up' ? '' : `!${id}`,
    runs: isCounted ? 'noted' : 'apart',
  };
}

/** Where no run is made, only the job's ledger is meant. */
function bare(schedule: string): FirePlace {
  return { job: jobOf(schedule), queue: '', lane: '', head: '' };
}
