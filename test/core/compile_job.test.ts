import { describe, expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { BelfryError } from '../../src/core/errors.ts';

const run = (): void => undefined;
const file = '/app/jobs/a.ts';

function refusalOf(spec: unknown, name = 'a'): BelfryError {
  try {
    compileJob(name, spec);
  } catch (error) {
    expect(error).toBeInstanceOf(BelfryError);
    return error as BelfryError;
  }
  throw new Error('the job was accepted');
}

describe('compiling a job', () => {
  test('fills in every default', () => {
    expect(compileJob('partners/poll', { run })).toEqual({
      name: 'partners/poll',
      description: '',
      owner: '',
      queue: 'default',
      priority: 5,
      policy: {
        attempts: 3,
        backoff: { type: 'exponential', initialMs: 1_000, maxMs: 300_000, jitter: 'full' },
        timeoutMs: 0,
      },
      limits: [],
      isolation: 'inline',
      isolationCaps: {},
      retryCode: undefined,
      bounds: {},
      children: 'all',
      maxSnoozes: 100,
      on429: 'hold',
      sloLagMs: 60_000,
      slo: {},
      schedule: undefined,
      schedulePayload: null,
      file: undefined,
      run,
      validate: expect.any(Function) as unknown,
    });
  });

  test('reads what is written, durations in ms', () => {
    const spec = {
      description: 'Poll',
      owner: 'ops@example.com',
      schedule: { cron: '*/5 * * * *', jitter: '30s' },
      schedulePayload: { partner: 'x' },
      queue: 'polling',
      priority: 9,
      timeout: '2m',
      retry: { attempts: 5 },
      limits: [{ rate: '20/1s' }],
      slo: { lag: '90s' },
      isolation: 'process',
      run,
    };
    expect(compileJob('a', spec, { file })).toMatchObject({
      description: 'Poll',
      owner: 'ops@example.com',
      schedule: { c: '*/5 * * * *', r: 30_000, p: { partner: 'x' } },
      schedulePayload: { partner: 'x' },
      queue: 'polling',
      priority: 9,
      policy: { attempts: 5, timeoutMs: 120_000 },
      limits: [{ key: 'job:a', rate: { count: 20, periodMs: 1_000 } }],
      sloLagMs: 90_000,
      isolation: 'process',
      file,
    });
  });

  test.each(['', 'a b', 'a@1', 'a|b', '{a}', 'ä', 'x'.repeat(101), 7])(
    'refuses the name %j for job and queue',
    (name) => {
      expect(() => compileJob(name as string, { run })).toThrow(
        expect.objectContaining({ code: 'BAD_JOB', field: 'job name' }),
      );
      expect(refusalOf({ run, queue: name })).toMatchObject({ code: 'BAD_JOB', field: 'queue' });
    },
  );

  test('takes every character that a name may have', () => {
    const name = 'Az09_.-/'.padEnd(100, 'x');
    expect(compileJob(name, { run, queue: name })).toMatchObject({ name, queue: name });
  });

  test.each([
    ['the whole', undefined, /missing/],
    ['the whole', null, /missing/],
    ['job', () => 1, /not an object/],
    ['run', {}, /no run/],
    ['run', { run: 'x' }, /"x", not a function/],
    ['description', { run, description: 5 }, /5/],
    ['owner', { run, owner: {} }, /\{\}/],
    ['priority', { run, priority: 10 }, /10/],
    ['priority', { run, priority: '5' }, /5/],
    ['isolation', { run, isolation: 'vm' }, /"vm"/],
    ['isolation', { run, isolation: 'thread' }, /needs a job file/],
    ['slo.lags', { run, slo: { lags: 1 } }, /slo.lags/],
    ['retry.attempts', { run, retry: { attempts: 0 } }, /0/],
    ['schedulePayload', { run, schedulePayload: 1 }, /no schedule/],
    ['schedulePayload', { run, schedule: { every: '1m' }, schedulePayload: 1n }, /JSON/],
    ['limits', { run, limits: { rate: '1/1s' } }, /list/],
    ['limits[1]', { run, limits: [{ rate: '1/1s' }, { rate: '2/1s' }] }, /same key/],
    ['limits[0]', { run, limits: [{}] }, /neither rate nor concurrency/],
    ['limits[0].rate', { run, limits: [{ rate: 'often' }] }, /often/],
    ['limits[0].key', { run, limits: [{ rate: '1/1s', key: () => Math.random() }] }, /does more/],
    ['limits[0].key', { run, limits: [{ rate: '1/1s', key: 'queue:{x}' }] }, /is kept for/],
    ['limits[0].concurrency', { run, limits: [{ concurrency: 0 }] }, /is 0/],
    ['limits[0].burst', { run, limits: [{ rate: '5/1s', burst: 6 }] }, /is 6/],
    ['fairness', { run, fairness: '{a' }, /brace/],
    ['ordered', { run, ordered: '{a b}' }, /no field/],
    ['limits[0].rates', { run, limits: [{ rates: '1/1s' }] }, /not known/],
  ])('refuses %s where it is wrong, naming it', (field, spec, message) => {
    const refusal = refusalOf(spec);
    expect(refusal).toMatchObject({ code: 'BAD_JOB', field: field === 'the whole' ? undefined : field });
    expect(refusal.message).toMatch(message);
    expect(refusal.hint).toBeTruthy();
  });

  test('asks whether a misspelt field was meant to be another one', () => {
    expect(refusalOf({ run, shedule: {} }).hint).toBe('did you mean schedule?');
  });

  test.each([
    [{ run, timeout: 'soon' }, 'BAD_DURATION', 'timeout'],
    [{ run, slo: { lag: -1 } }, 'BAD_DURATION', 'slo.lag'],
    [{ run, slo: { failures: 0 } }, 'BAD_JOB', 'slo.failures'],
    [{ run, slo: { failures: 2.5 } }, 'BAD_JOB', 'slo.failures'],
    [{ run, slo: { success: 99.9 } }, 'BAD_JOB', 'slo.success'],
    [{ run, slo: { success: 1 } }, 'BAD_JOB', 'slo.success'],
    [{ run, slo: { duration: '0s' } }, 'BAD_JOB', 'slo.duration'],
    [{ run, slo: { duration: 'long' } }, 'BAD_DURATION', 'slo.duration'],
    [{ run, schedule: { cron: '61 * * * *' } }, 'BAD_CRON', 'schedule.cron'],
    [{ run, schedule: {} }, 'BAD_SCHEDULE', 'schedule'],
  ])('passes the refusal of %j on with its own code', (spec, code, field) => {
    expect(refusalOf(spec)).toMatchObject({ code, field });
  });

  test('refuses a schedule whose payload the job itself would refuse, at load and not run by run', () => {
    const payload = { type: 'object', required: ['id'] };
    expect(refusalOf({ run, payload, schedule: { every: '1m' } })).toMatchObject({
      code: 'BAD_JOB',
      field: 'schedulePayload',
    });
    const fine = compileJob('a', { run, payload, schedule: { every: '1m' }, schedulePayload: { id: 1 } });
    expect(fine.schedule).toEqual({ e: 60_000, p: { id: 1 } });
  });
});
