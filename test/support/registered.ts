import { planRegistration, type RegistrationFacts } from '../../src/core/registration.ts';
import { packSchedule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { plainSchedule } from './plain_schedule.ts';

export const NOW = Date.UTC(2026, 0, 1, 12, 0, 30);
export const ONE_PM = Date.UTC(2026, 0, 1, 13);
export const HOURLY = '{"c":"0 * * * *"}';

/** An hourly schedule that has fired and is due at one. */
export const stored = (fields: Partial<StoredSchedule> = {}): StoredSchedule =>
  plainSchedule({ next: ONE_PM, revision: 3, last: ONE_PM - 3_600_000, others: 'm1', ruleJson: HOURLY, ...fields });

/** What registering a rule, or none, at `NOW` makes of what is stored, if anything. */
export function register(
  ruleJson: string | undefined,
  schedule?: StoredSchedule,
  more: Partial<RegistrationFacts> = {},
) {
  const value = schedule === undefined ? undefined : packSchedule(schedule);
  const change = planRegistration({ id: 's', ruleJson, stored: schedule, value, quarantined: false, ...more }, NOW);
  return change && { ...change, after: change.after === undefined ? undefined : unpackSchedule('s', change.after) };
}
