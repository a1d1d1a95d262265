import type { Deed } from './deed.ts';
import { DEEDS_TO_RULES } from './deeds_to_rules.ts';
import { DEEDS_TO_RUNS } from './deeds_to_runs.ts';
import { DEEDS_TO_STATE } from './deeds_to_state.ts';

/** Scripts in whose nth call a process is killed, by the test that does it. fail_points.test.ts: */
export const OF_WORKERS: Readonly<Record<string, number>> = {
  claim: 1,
  settle: 2,
  renew: 1,
  publish_code: 1,
  beat_worker: 1,
};
export const OF_LEADERS: Readonly<Record<string, number>> = {
  take_leadership: 1,
  beat_scheduler: 1,
  save_jobs: 1,
  save_schedules: 1,
  fire: 1,
  promote: 2,
  reap: 1,
  backfill_fire: 1,
  receive: 1,
  delivered: 1,
};
export const OF_APPLICATIONS = ['enqueue', 'enqueue_unique', 'trigger'] as const;
export type OfApplication = (typeof OF_APPLICATIONS)[number];

/** fail_points_rest.test.ts: what handlers call, and what starts a process. */
export const OF_HANDLERS: Readonly<Record<string, number>> = {
  append_log: 1,
  set_progress: 1,
  set_note: 1,
  spawn: 1,
  add_to_batch: 1,
  take_start_turn: 1,
};
export const OF_DUTIES: Readonly<Record<string, number>> = {
  quarantine: 1,
  prune_history: 1,
  prune_limits: 1,
  expire_runs: 1,
  bulk_live: 1,
  bulk_letters: 1,
  bulk_again: 1,
  follow_ends: 1,
  resign: 1,
};
/** The nth call of whoever restarts workers in waves: it begins, then tells the first ones. */
export const OF_RESTARTS: Readonly<Record<string, number>> = { save_restart: 2 };

/** fail_points_by_hand.test.ts. */
export const DEEDS_BY_HAND: readonly Deed[] = [...DEEDS_TO_RUNS, ...DEEDS_TO_RULES, ...DEEDS_TO_STATE];

/** Scripts that write and need no fail point of their own, each with the reason. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  due_schedules: 'reads; drops due times that no schedule stands behind, which the next call would drop as well',
  backfill_due: 'reads; drops due times that no backfill stands behind, which the next call would drop as well',
  expired: 'reads; drops leases that no attempt stands behind, which the next call would drop as well',
  reconciled:
    'says that jobs were registered again; where it is lost, the next leader registers them once more, which changes nothing',
  show_limits: 'reads; counts what was spent of a rate under its new terms, which any later call would do as well',
};

export const COVERED: ReadonlySet<string> = new Set([
  ...[OF_WORKERS, OF_LEADERS, OF_HANDLERS, OF_DUTIES, OF_RESTARTS].flatMap((scripts) => Object.keys(scripts)),
  ...OF_APPLICATIONS,
  ...DEEDS_BY_HAND.map(({ script }) => script),
]);
