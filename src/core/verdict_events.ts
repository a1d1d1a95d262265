import type { EventBus } from './events.ts';
import { jobOf } from './schedule_id.ts';
import type { EpochMs } from './time/units.ts';
import type { Verdict } from './verdict.ts';

/** Says verdicts that were committed at `now`: whoever commits them says them, so that each is counted once. */
export function tellVerdicts(events: EventBus, schedule: string, verdicts: readonly Verdict[], now: EpochMs): void {
  if (verdicts.length === 0 || !events.heard('schedule.verdict')) return;
  const job = jobOf(schedule);
  for (const { word, to, count, detail } of verdicts) {
    events.emit('schedule.verdict', { job, schedule, word, fireTime: to, count, lagMs: now - to, detail });
  }
}
