import { describe, expect, test } from 'vitest';
import { planRegistration, type RegistrationFacts } from '../../src/core/registration.ts';
import { packSchedule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 0, 30);
const MINUTE = 60_000;
const HOURLY = '{"c":"0 * * * *"}';
const DAILY = '{"c":"0 0 * * *"}';
const ONE_PM = Date.UTC(2026, 0, 1, 13);
const MIDNIGHT = Date.UTC(2026, 0, 2);

const stored = (fields: Partial<StoredSchedule> = {}): StoredSchedule => ({
  id: 's',
  revision: 3,
  next: ONE_PM,
  last: ONE_PM - 60 * MINUTE,
  state: 'active',
  made: 0,
  others: 'm1',
  ruleJson: HOURLY,
  ...fields,
});

function register(ruleJson: string | undefined, schedule?: StoredSchedule, more: Partial<RegistrationFacts> = {}) {
  const value = schedule === undefined ? undefined : packSchedule(schedule);
  const change = planRegistration({ id: 's', ruleJson, stored: schedule, value, quarantined: false, ...more }, NOW);
  return change && { ...change, after: change.after === undefined ? undefined : unpackSchedule('s', change.after) };
}

describe('registering a definition', () => {
  test('that is new creates its schedule from now on, never for instants before it existed', () => {
    expect(register(HOURLY)).toEqual({
      id: 's',
      before: undefined,
      after: stored({ revision: 1, last: undefined, others: '-' }),
      due: ONE_PM,
    });
  });

  test('that is stored already changes nothing', () => {
    expect(register(HOURLY, stored())).toBeUndefined();
  });

  test('that has changed takes effect from now on, with a new revision; last run and runs by hand stay known', () => {
    expect(register(DAILY, stored())).toEqual({
      id: 's',
      before: packSchedule(stored()),
      after: stored({ revision: 4, next: MIDNIGHT, ruleJson: DAILY }),
      due: MIDNIGHT,
    });
  });

  test('that has changed keeps a fire time that has passed and waits for its jitter', () => {
    const pending = stored({ next: NOW - 10_000 });
    expect(register(DAILY, pending)).toMatchObject({ after: { next: NOW - 10_000, revision: 4 }, due: NOW - 10_000 });
    expect(register('{"c":"0 0 * * *","r":3600000}', pending)?.due).toBeGreaterThan(NOW - 10_000);
  });

  test('that never fires again has no due time', () => {
    const facts = { id: 's', ruleJson: '{"c":"0 0 1 1 *"}', stored: undefined, value: undefined, quarantined: false };
    const change = planRegistration(facts, Date.UTC(2199, 5, 1));
    expect(change).toMatchObject({ after: '1 0 - - {"c":"0 0 1 1 *"}', due: undefined });
  });

  test('that has no schedule any more removes it, and one that never had changes nothing', () => {
    expect(register(undefined, stored())).toEqual({
      id: 's',
      before: packSchedule(stored()),
      after: undefined,
      due: undefined,
    });
    expect(register(undefined)).toBeUndefined();
  });

  test('that was quarantined puts it back among the due times, under the same revision where the rule is the same', () => {
    expect(register(HOURLY, stored(), { quarantined: true })).toMatchObject({
      after: { revision: 3, next: ONE_PM },
      due: ONE_PM,
    });
    expect(register(DAILY, stored(), { quarantined: true })).toMatchObject({ after: { revision: 4, next: MIDNIGHT } });
  });
});
