import type { StoredSchedule } from '../../src/core/stored_schedule.ts';
import type { PlanFacts } from '../../src/core/tick.ts';

/** The schedule `s`, active and without a past. */
export const plainSchedule = (fields: Partial<StoredSchedule> & Pick<StoredSchedule, 'next'>): StoredSchedule => ({
  id: 's',
  revision: 1,
  state: 'active',
  last: undefined,
  made: 0,
  others: '-',
  ruleJson: '',
  ...fields,
});

/** Nothing lives, nothing was lost, nothing is frozen or paused. */
export const NO_FACTS: PlanFacts = {
  live: [],
  held: 0,
  wasCommitted: () => false,
  failures: 0,
  freezes: [],
  pause: undefined,
};
