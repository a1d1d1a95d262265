import { describe, expect, test } from 'vitest';
import { compileSchedule } from '../../src/core/compiled_schedule.ts';
import { planReplan } from '../../src/core/registration.ts';
import type { CalendarRule } from '../../src/core/schedule.ts';
import { packSchedule, parseRule, unpackSchedule, type StoredSchedule } from '../../src/core/stored_schedule.ts';
import { compileTiming } from '../../src/core/time/timing.ts';
import { NOW, ONE_PM, HOURLY, register, stored } from '../support/registered.ts';

const NIGHTLY = '{"c":"0 0 * * *"}';

describe('registering @reboot', () => {
  const boot = (deployment: string): string => JSON.stringify({ c: '@reboot', b: deployment });

  test('fires now when the deployment is new, and not again for the same one', () => {
    expect(register(boot('v1'))).toMatchObject({ after: { next: NOW }, due: NOW });
    const fired = stored({ next: 0, last: NOW, ruleJson: boot('v1') });
    expect(register(boot('v1'), fired)).toBeUndefined();
    expect(register(boot('v2'), fired)).toMatchObject({ after: { next: NOW, revision: 4 }, due: NOW });
  });

  test('does not fire for another change of the rule, nor when it comes back from the quarantine', () => {
    const fired = stored({ next: 0, last: NOW, ruleJson: boot('v1') });
    const changed = JSON.stringify({ c: '@reboot', b: 'v1', p: 'new' });
    expect(register(changed, fired)).toMatchObject({ after: { next: 0 }, due: undefined });
    expect(register(boot('v1'), fired, { quarantined: true })).toMatchObject({ after: { next: 0 } });
  });

  test('fires for a schedule that was another rule before, and for a damaged one', () => {
    expect(register('{"c":"@reboot"}', stored())).toMatchObject({ after: { next: NOW } });
    expect(register('{"c":"@reboot"}', stored({ ruleJson: '{' }))).toMatchObject({ after: { next: NOW } });
  });
});

describe('registering a fixed delay', () => {
  test('fires first after the delay, or at its start', () => {
    expect(register('{"f":90000}')).toMatchObject({ after: { next: NOW + 90_000 }, due: NOW + 90_000 });
    expect(register(JSON.stringify({ f: 90_000, s: ONE_PM }))).toMatchObject({ after: { next: ONE_PM } });
    expect(register(JSON.stringify({ f: 90_000, q: NOW }))).toMatchObject({ after: { next: 0 } });
  });

  test('that has changed counts from now on, though its run lives', () => {
    const waiting = stored({ next: 0, ruleJson: '{"f":90000}' });
    expect(register('{"f":5000}', waiting)).toMatchObject({ after: { next: NOW + 5_000, revision: 4 } });
  });
});

describe('registering a schedule that makes so many runs', () => {
  test('keeps the count; one that has made them all has no fire time to come', () => {
    const counted = stored({ made: 7, ruleJson: '{"c":"0 * * * *","mr":9}' });
    expect(register('{"c":"0 0 * * *","mr":8}', counted)).toMatchObject({
      after: { made: 7, next: ONE_PM + 39_600_000 },
    });
    expect(register('{"c":"0 0 * * *","mr":7}', counted)).toMatchObject({
      after: { made: 7, next: 0 },
      due: undefined,
    });
  });

  test('goes on when it may make more, and forgets the count when it may make any number', () => {
    const ended = stored({ made: 7, next: 0, ruleJson: '{"c":"0 * * * *","mr":7}' });
    expect(register('{"c":"0 * * * *","mr":8}', ended)).toMatchObject({ after: { made: 7, next: ONE_PM } });
    expect(register(HOURLY, ended)).toMatchObject({ after: { made: 0, next: ONE_PM } });
  });
});

test('a definition that never fires and is to be deleted then is shown to the ticker', () => {
  expect(register(JSON.stringify({ a: [NOW - 1], al: 'delete' }))).toMatchObject({ after: { next: 0 }, due: NOW });
});

describe('registering a paused schedule', () => {
  test('leaves it paused, without a due time', () => {
    expect(register(NIGHTLY, stored({ state: 'paused' }))).toMatchObject({
      after: { state: 'paused', revision: 4, next: ONE_PM + 39_600_000 },
      due: undefined,
    });
  });

  test('keeps the end of its pause, and a fire time that lies in it', () => {
    const pause = { at: NOW - 9, by: 'me', note: 'test', until: ONE_PM };
    const paused = stored({ state: 'paused', next: NOW - 5 });
    expect(register(NIGHTLY, paused, { pause })).toMatchObject({
      after: { state: 'paused', next: NOW - 5 },
      due: ONE_PM,
    });
  });
});

test('a rule that names a calendar is registered as it was compiled', () => {
  const ruleJson = '{"c":"0 0 * * *","x":["holidays"]}';
  const timingOf = (rule: Parameters<typeof compileTiming>[0], seed: string) =>
    compileTiming(rule, seed, () => ({ d: ['2026-01-02'] }));
  const compiled = compileSchedule('s', { c: '0 0 * * *', x: ['holidays'] }, timingOf);
  expect(register(ruleJson, undefined, { compiled })).toMatchObject({ after: { next: Date.UTC(2026, 0, 3) } });
  expect(() => register(ruleJson)).toThrow('holidays');
});

describe('a calendar that has changed', () => {
  const MIDNIGHT = Date.UTC(2026, 0, 2);
  const named = (fields: Partial<StoredSchedule> = {}): StoredSchedule =>
    stored({ next: MIDNIGHT, ruleJson: '{"c":"0 0 * * *","x":["off"]}', ...fields });

  function replan(schedule: StoredSchedule, calendar: CalendarRule) {
    const compiled = compileSchedule('s', parseRule(schedule), (rule, seed) =>
      compileTiming(rule, seed, () => calendar),
    );
    const change = planReplan(schedule, packSchedule(schedule), compiled, NOW);
    return change && { ...change, after: unpackSchedule('s', change.after ?? '') };
  }

  test('moves a fire time to come that it leaves out, under the same revision', () => {
    const change = replan(named(), { d: ['2026-01-02'] });
    expect(change).toMatchObject({ before: packSchedule(named()), due: Date.UTC(2026, 0, 3) });
    expect(change?.after).toEqual(named({ next: Date.UTC(2026, 0, 3) }));
  });

  test('brings back a fire time that it leaves out no more', () => {
    expect(replan(named({ next: Date.UTC(2026, 0, 5) }), {})).toMatchObject({
      after: { next: MIDNIGHT },
      due: MIDNIGHT,
    });
    expect(replan(named({ next: 0 }), {})).toMatchObject({ after: { next: MIDNIGHT } });
  });

  test('does nothing where the next fire time stays', () => {
    expect(replan(named(), { d: ['2026-05-05'] })).toBeUndefined();
  });

  test('leaves a fire time that has passed to the ticker, and a paused schedule to its resume', () => {
    expect(replan(named({ next: NOW - 1 }), { d: ['2026-01-01', '2026-01-02'] })).toBeUndefined();
    expect(replan(named({ state: 'paused' }), { d: ['2026-01-02'] })).toBeUndefined();
  });

  test('does not bring back a schedule that has made all its runs', () => {
    const ended = named({ next: 0, made: 2, ruleJson: '{"c":"0 0 * * *","x":["off"],"mr":2}' });
    expect(replan(ended, {})).toBeUndefined();
  });
});
