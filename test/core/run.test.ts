import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  laneOf,
  originOf,
  packNewRun,
  scheduledRunId,
  scheduleOf,
  unpackFinished,
  unpackRun,
} from '../../src/core/run.ts';

const names = fc.stringMatching(/^[A-Za-z0-9_.\-/]{1,40}$/);
const newRuns = fc.record({
  job: names,
  queue: names,
  priority: fc.nat(9),
  policy: fc.stringMatching(/^[a-z0-9]{1,8}$/),
  keys: fc.constantFrom('', '|a1b2c~partner:x', '|a1b2c~partner:x|d~account:%2B1'),
  extras: fc.constantFrom('', 'd=17', 'd=17;u=a%20b'),
  payloadJson: fc.json(),
});

describe('a packed run', () => {
  test('reads back as it was written, whatever its payload holds', () => {
    const property = fc.property(newRuns, fc.nat(), (run, fireTime) => {
      const packed = `${String(fireTime)} ${packNewRun(run)}`;
      expect(unpackRun('id', packed)).toEqual({ id: 'id', ...run, fireTime, attempts: 0, failures: 0, crashes: 0 });
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('carries its counts', () => {
    expect(unpackRun('x', '5 a q 9 p 3 2 1 {"a": "b c"}')).toMatchObject({
      attempts: 3,
      failures: 2,
      crashes: 1,
      payloadJson: '{"a": "b c"}',
    });
  });
});

describe('a finished run', () => {
  const record = (body: string, flag = '-'): Buffer =>
    Buffer.from(`${flag} x dead 200 w-1 100 ${String(Buffer.byteLength(body))} ${body}5 a q 9 p 3 2 1 "ü 1"`);

  test('reads back with its error', () => {
    const error = { name: 'Error', message: 'größer als\n1' };
    expect(unpackFinished(record(JSON.stringify({ error })))).toEqual({
      run: {
        id: 'x',
        job: 'a',
        queue: 'q',
        priority: 9,
        keys: '',
        extras: '',
        policy: 'p',
        fireTime: 5,
        attempts: 3,
        failures: 2,
        crashes: 1,
        payloadJson: '"ü 1"',
      },
      state: 'dead',
      finishedAt: 200,
      startedAt: 100,
      worker: 'w-1',
      result: undefined,
      error,
    });
  });

  test('reads back with any result that JSON can say', () => {
    const property = fc.property(fc.jsonValue(), (result) => {
      const text = JSON.stringify({ result });
      expect(unpackFinished(record(text, 'L')).result).toEqual((JSON.parse(text) as { result: unknown }).result);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('has neither result nor error where no body was kept', () => {
    expect(unpackFinished(record(''))).toMatchObject({ result: undefined, error: undefined });
  });
});

describe('a run id', () => {
  test('names the schedule and the fire time, also where the schedule is named like one', () => {
    expect(scheduledRunId('a/b', 1_000)).toBe('a/b@1000');
    expect(scheduleOf(scheduledRunId('mail@example', 1_000))).toBe('mail@example');
  });

  test('of an enqueued run names no schedule', () => {
    expect(scheduleOf('0198a9c8-3f1e-7000-8000-000000000000')).toBeUndefined();
    expect(scheduleOf('@7')).toBeUndefined();
  });
});

test('a lane is the job under its priority', () => {
  expect(laneOf('partners/poll', 9)).toBe('9:partners/poll');
});

test.each([
  ['poll@1000', 5, 5, 'scheduled'],
  ['poll:eu@1000', 9, 5, 'scheduled'],
  ['poll@1000', 0, 5, 'catch-up'],
  ['poll@1000', 0, 0, 'scheduled'],
  ['poll@1000!4f2a', 0, 5, 'backfill'],
  ['0198a1b2-0000-7000-8000-000000000000', 0, 5, 'enqueued'],
])('the run %s of priority %i, whose job has %i, is told as %s', (id, priority, jobPriority, origin) => {
  expect(originOf({ id, priority }, jobPriority)).toBe(origin);
});
