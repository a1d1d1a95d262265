import { catchUpId } from '../core/backfill.ts';
import type { CompiledSchedule } from '../core/compiled_schedule.ts';
import { scheduledRunId } from '../core/run.ts';
import { scheduledBody } from '../core/seal.ts';
import { packHead } from '../core/stored_schedule.ts';
import type { SchedulePlan } from '../core/tick.ts';
import { packVerdict } from '../core/verdict.ts';
import type { DueSchedule, FireEntry, FirePlace } from '../store/schedules.ts';

/** Live runs noted in a schedule at the most: more than the planner lets be held. `allow` alone can come here. */
const MAX_NOTED = 1_200;

/** Turns a plan into what the fire script commits. */
export function fireEntryOf(
  { schedule, value, live }: DueSchedule,
  plan: SchedulePlan,
  { compiled, place }: { compiled: CompiledSchedule; place: FirePlace },
): FireEntry {
  const { fire, catchUp, state, made } = plan;
  const entry: FireEntry = {
    id: schedule.id,
    expectedHead: value.slice(0, value.length - schedule.ruleJson.length),
    newHead: packHead({
      revision: state === schedule.state ? schedule.revision : schedule.revision + 1,
      state,
      next: plan.next,
      last: fire === undefined ? schedule.last : fire.fireTime,
      made,
      others: live.length === 0 ? '-' : noteOthers({ schedule, live }, plan, compiled),
    }),
    due: plan.due,
    verdicts: plan.verdicts.map(packVerdict).join(';'),
    place,
    fire,
    payloadJson: scheduledBody(compiled),
  };
  if (catchUp) {
    entry.catchUp = { id: catchUpId(schedule.id, catchUp.from), cursor: catchUp.from, released: 0, spec: catchUp };
  }
  if (plan.pause !== undefined) entry.pause = plan.pause;
  if (plan.end === 'delete') entry.end = 'delete';
  if (plan.followMs !== undefined) entry.afterRun = 'resume';
  return entry;
}

/**
 * The live runs beside the one that the new head tells by its fire time. Under `allow` only those that somebody started:
 * no plan asks how many of the scheduled ones live, and they may be many.
 */
function noteOthers(
  { schedule, live }: Pick<DueSchedule, 'schedule' | 'live'>,
  { fire }: SchedulePlan,
  { overlap }: CompiledSchedule,
): string {
  if (fire?.how === 'terminate') return '-';
  const last = schedule.last === undefined ? undefined : scheduledRunId(schedule.id, schedule.last);
  const isTold = fire === undefined || overlap === 'allow';
  const noted = isTold ? live.filter((run) => run !== last) : live;
  return noted.length === 0 ? '-' : noted.slice(-MAX_NOTED).join(',');
}
