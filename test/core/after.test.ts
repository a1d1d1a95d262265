import { describe, expect, test } from 'vitest';
import { compileAfter, describeAfter, findDependencyFaults, type DependentJob } from '../../src/core/after.ts';
import { compileJob } from '../../src/core/compile_job.ts';

const after = (...jobs: string[]) => compileAfter(jobs);
const graph = (edges: Record<string, string[]>): DependentJob[] =>
  Object.entries(edges).map(([name, jobs]) => ({ name, after: jobs.length === 0 ? undefined : after(...jobs) }));

describe('after', () => {
  test('is a list of jobs, or says more', () => {
    expect(after('a', 'b')).toEqual({ jobs: ['a', 'b'], need: 'all', on: 'success' });
    expect(compileAfter({ jobs: ['a'], need: 'any', on: 'end' })).toEqual({ jobs: ['a'], need: 'any', on: 'end' });
    expect(compileAfter(undefined)).toBeUndefined();
  });

  test.each<[unknown, string]>([
    [[], 'after.jobs'],
    ['a', 'after'],
    [{ jobs: 'a' }, 'after.jobs'],
    [['a', 'a'], 'after.jobs'],
    [['a b'], 'after.jobs'],
    [{ jobs: ['a'], need: 'some' }, 'after.need'],
    [{ jobs: ['a'], on: 'failure' }, 'after.on'],
    [{ jobs: ['a'], when: 'now' }, 'after.when'],
  ])('%j is refused, naming %s', (spec, field) => {
    expect(() => compileAfter(spec)).toThrow(expect.objectContaining({ code: 'BAD_JOB', field }) as Error);
  });

  test('does not go with a schedule', () => {
    const run = (): null => null;
    expect(() => compileJob('c', { run, after: ['a'], schedule: { every: '1m' } })).toThrow(/schedule and comes after/);
    expect(compileJob('c', { run, after: ['a'], schedulePayload: 7 })).toMatchObject({ schedulePayload: 7 });
    expect(() => compileJob('c', { run, schedulePayload: 7 })).toThrow(/comes after no job/);
  });

  test('is told in words', () => {
    expect(describeAfter({ jobs: ['a', 'b'], need: 'all', on: 'success' })).toBe('a, b');
    expect(describeAfter({ jobs: ['a', 'b'], need: 'any', on: 'end' })).toBe('any of a, b (however they end)');
  });
});

describe('a set of jobs', () => {
  test('has no fault when all parents are there and none waits for itself', () => {
    expect(findDependencyFaults(graph({ a: [], b: ['a'], c: ['a', 'b'] }))).toEqual([]);
  });

  test('has a fault for each job in a circle, with the whole path, and none for those behind it', () => {
    const faults = findDependencyFaults(graph({ a: ['c'], b: ['a'], c: ['b'], d: ['c'] }));
    expect(faults.map(({ job, error }) => [job, error.message])).toEqual([
      ['a', 'the jobs wait for each other: a → b → c → a'],
      ['b', 'the jobs wait for each other: b → c → a → b'],
      ['c', 'the jobs wait for each other: c → a → b → c'],
    ]);
    expect(findDependencyFaults(graph({ a: ['a'] }))[0]?.error.message).toContain('a → a');
  });

  test('has a fault for a parent that is not there, unless its file is known', () => {
    const [fault] = findDependencyFaults(graph({ poll: [], report: ['pol'] }));
    expect(fault).toMatchObject({ job: 'report', error: { message: expect.stringContaining('"pol"') as string } });
    expect(fault?.error.hint).toBe('did you mean poll?');
    expect(findDependencyFaults(graph({ report: ['pol'] }), ['pol'])).toEqual([]);
  });
});
