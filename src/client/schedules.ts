import { compileSchedule, type CompileTiming } from '../core/compiled_schedule.ts';
import { BelfryError } from '../core/errors.ts';
import type { EventBus, Events } from '../core/events.ts';
import { planPause, planResume, type PausePlan } from '../core/pause.ts';
import { jobOf } from '../core/schedule_id.ts';
import { parseRule } from '../core/stored_schedule.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { ScheduleControl } from '../store/schedule_changes.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { controlTarget, type ControlAnswer, type ControlFacts, type ScheduleTarget } from './control_schedules.ts';
import { deleteSchedules } from './delete_schedules.ts';
import { planMark } from './mark_fire_time.ts';
import { assertBy, pauseNoteOf, type PauseWords } from './notes.ts';
import { timingsOf } from './replan.ts';
import { createRuleCache } from './rule_cache.ts';
import { saveEntries, type SaveDeps } from './save_entries.ts';
import type { SaveAnswer, SaveMode } from './save_schedules.ts';
import type { ScheduleEntry } from './schedule_entry.ts';
import { listSchedules, readSchedules, type SchedulePage, type ScheduleQuery } from './list_schedules.ts';
import type { ScheduleView } from './schedule_view.ts';
import { unknownSchedule, type Trigger } from './trigger.ts';

/** Schedules that the API keeps, thousands per call, and pausing and marking for those of job files too. */
export type SchedulesClient = {
  /**
   * Saves each entry by itself: a bad one never stops the others. Answers in the order of the entries. What was answered
   * `created` or `updated` is stored, and nothing that was due is lost by it.
   */
  save(entries: readonly ScheduleEntry[], mode: SaveMode): Promise<SaveAnswer[]>;
  /** In the order of the ids, undefined for one that is not there. */
  get(ids: readonly string[]): Promise<(ScheduleView | undefined)[]>;
  /** Throws BAD_USAGE for a cursor or a limit. */
  list(query?: ScheduleQuery): Promise<SchedulePage>;
  /** Once it answers `done`, nothing of that schedule fires. Throws BAD_USAGE for the words. */
  pause(target: ScheduleTarget, words: PauseWords): Promise<ControlAnswer[]>;
  /** Fire times that passed are recorded as `skipped(paused)`. */
  resume(target: ScheduleTarget, words: { by: string }): Promise<ControlAnswer[]>;
  /** Once it answers `done`, nothing of that schedule fires; runs that were made stay. Schedules of job files are refused. */
  delete(target: ScheduleTarget): Promise<ControlAnswer[]>;
  trigger: Trigger;
  /** The next fire time gets the verdict `marked` and no run. Throws NOT_FOUND, BAD_USAGE for another fire time. */
  markSucceeded(id: string, fireTime: EpochMs): Promise<void>;
};

export type SchedulesDeps = Omit<SaveDeps, 'rules'> & { trigger: Trigger; ledgerCount: number; events: EventBus };

export function createSchedulesClient(deps: SchedulesDeps): SchedulesClient {
  const { store, trigger, events, ledgerCount } = deps;
  const rules = createRuleCache();
  const tell = (what: Omit<Events['schedules.controlled'], 'count'>, answers: readonly ControlAnswer[]): void => {
    const count = answers.filter(({ answer }) => answer === 'done').length;
    if (count > 0) events.emit('schedules.controlled', { ...what, count });
  };
  return {
    save: (entries, mode) => saveEntries({ ...deps, rules }, entries, mode),
    get: (ids) => readSchedules(store, ids),
    list: (query = {}) => listSchedules(store, query),
    async pause(target, words) {
      const { by, note: why } = pauseNoteOf(words, 0);
      const plan = ({ stored, value, now }: ControlFacts): ScheduleControl => {
        const note = pauseNoteOf(words, now);
        return controlOf(planPause(stored, value, note), value, note);
      };
      const answers = await controlTarget(store, target, { plan, events, ledgerCount });
      tell({ action: 'paused', by, note: why }, answers);
      return answers;
    },
    async resume(target, words) {
      const by = assertBy(words.by);
      const timings = await timingsByShard(store);
      const plan = ({ shard, stored, value, around, now }: ControlFacts): ScheduleControl | undefined => {
        const compiled = compileSchedule(stored.id, parseRule(stored), timings.get(shard));
        const resumed = planResume(stored, value, { compiled, pause: around.pause }, now);
        return resumed && controlOf(resumed, value, 'forget');
      };
      const answers = await controlTarget(store, target, { plan, events, ledgerCount });
      tell({ action: 'resumed', by, note: undefined }, answers);
      return answers;
    },
    delete: (target) => deleteSchedules(store, target),
    trigger,
    async markSucceeded(id, fireTime) {
      const timingOf = await timingsOf(store.of(jobOf(id)));
      const plan = (facts: ControlFacts): ScheduleControl => planMark(facts, fireTime, timingOf);
      const [answer] = await controlTarget(store, [id], { plan, events, ledgerCount });
      throwUnlessDone(answer as ControlAnswer);
    },
  };
}

/** Throws what kept a single schedule from being changed. */
export function throwUnlessDone(answer: ControlAnswer): void {
  if (answer.answer === 'missing') throw unknownSchedule(answer.id);
  if (answer.answer !== 'invalid') return;
  const { code, message, ...detail } = answer.error;
  throw new BelfryError(code, message, detail);
}

async function timingsByShard({ shards }: Store): Promise<Map<ShardStore, CompileTiming>> {
  return new Map(await Promise.all(shards.map(async (shard) => [shard, await timingsOf(shard)] as const)));
}

function controlOf({ change, verdicts }: PausePlan, value: string, pause: ScheduleControl['pause']): ScheduleControl {
  return { change: { ...change, before: value }, verdicts, pause };
}
