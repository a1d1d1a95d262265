import { describe, expect, test } from 'vitest';
import { planRegistration } from '../../src/core/registration.ts';
import { packSchedule } from '../../src/core/stored_schedule.ts';
import { NOW, ONE_PM, HOURLY, register, stored } from '../support/registered.ts';

const DAILY = '{"c":"0 0 * * *"}';
const MIDNIGHT = Date.UTC(2026, 0, 2);

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
