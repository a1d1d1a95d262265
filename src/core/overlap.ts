import type { OverlapPolicy } from './job.ts';
import type { Fire } from './schedule_plan.ts';

/** Runs that `buffer-all` holds at most: beyond, a schedule that is slower than its rule would fill Redis. */
export const MAX_HELD = 1_000;

/** What a fire time does about the runs of its schedule that live; `skip`: no run is made for it. */
export function judgeOverlap(policy: OverlapPolicy, live: number, held: number): Fire['how'] | 'skip' {
  if (live === 0) return 'ready';
  switch (policy) {
    case 'allow':
      return 'ready';
    case 'skip':
      return 'skip';
    case 'buffer-one':
      return held === 0 ? 'hold' : 'skip';
    case 'buffer-all':
      return held < MAX_HELD ? 'hold' : 'skip';
    case 'cancel':
    case 'terminate':
      return policy;
  }
}
