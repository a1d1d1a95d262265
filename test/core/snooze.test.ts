import { describe, expect, test } from 'vitest';
import { afterSnooze, isSnooze, snooze, SnoozeError, snoozesOf } from '../../src/core/snooze.ts';
import { unpackRun } from '../../src/core/run.ts';

const run = (extras: string) =>
  unpackRun('1', `1000 a q 5${extras === '' ? '' : '+'} p 0 0 0 ${extras && `${extras} `}null`);

describe('snooze', () => {
  test('throws what ends the attempt, with its length in ms', () => {
    expect(() => snooze('90s')).toThrow(expect.objectContaining({ code: 'SNOOZED', delayMs: 90_000 }));
    expect(() => snooze('soon')).toThrow(expect.objectContaining({ code: 'BAD_DURATION' }));
  });

  test('is told by its code, whatever package it came from', () => {
    expect(isSnooze(Object.assign(new Error('x'), { code: 'SNOOZED', delayMs: 1 }))).toBe(true);
    expect(isSnooze(new Error('x'))).toBe(false);
    expect(isSnooze(null)).toBe(false);
  });

  test('is counted with the run', () => {
    expect(snoozesOf(run('z=3.5000'))).toEqual({ count: 3, until: 5_000 });
    expect(snoozesOf(run(''))).toEqual({ count: 0, until: 0 });
  });

  test('is allowed up to its bound, and a failure for good behind it', () => {
    expect(afterSnooze(run('z=1.5000'), new SnoozeError(7), 2)).toEqual({ outcome: 'snoozed', delayMs: 7 });
    expect(afterSnooze(run('z=2.5000'), new SnoozeError(7), 2)).toMatchObject({ code: 'NON_RETRYABLE' });
    expect(afterSnooze(run(''), new SnoozeError(7), 0)).toMatchObject({ code: 'NON_RETRYABLE' });
  });
});
