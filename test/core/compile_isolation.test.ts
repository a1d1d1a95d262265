import { expect, test } from 'vitest';
import { compileIsolation, describeIsolation } from '../../src/core/compile_isolation.ts';
import type { IsolationSpec } from '../../src/core/job.ts';
import { refused } from './time/refused.ts';

const FILE = '/jobs/a.ts';

test.each([
  [undefined, 'inline', {}, 'inline'],
  ['thread', 'thread', {}, 'thread'],
  [{ type: 'process' }, 'process', {}, 'process'],
  [
    { type: 'process', memory: '256MiB', output: '1MiB' },
    'process',
    { memoryBytes: 268_435_456, outputBytes: 1_048_576 },
    'process, memory 256MiB, output 1MiB',
  ],
  [{ type: 'thread', memory: 64e6 }, 'thread', { memoryBytes: 64_000_000 }, 'thread, memory 62500KiB'],
] as [IsolationSpec | undefined, string, object, string][])('isolation %j is read', (spec, kind, caps, words) => {
  const { isolation, isolationCaps } = compileIsolation(spec, FILE);
  expect([isolation, isolationCaps, describeIsolation(isolation, isolationCaps)]).toEqual([kind, caps, words]);
});

test.each([
  ['procces', 'isolation', 'did you mean process?'],
  [null, 'isolation', 'one of inline, thread, process'],
  [{ type: 'inline', memory: '1GiB' }, 'isolation.type', 'thread, process'],
  [{ memory: '1GiB' }, 'isolation.type', 'thread or process'],
  [{ type: 'process', memroy: '1GiB' }, 'isolation.memroy', 'did you mean memory?'],
  [{ type: 'process', memory: '8MiB' }, 'isolation.memory', 'from 96MiB'],
  [{ type: 'thread', memory: '8MiB' }, 'isolation.memory', 'from 32MiB'],
  [{ type: 'process', memory: 'lots' }, 'isolation.memory', 'such as 256MiB'],
  [{ type: 'process', output: '1GiB' }, 'isolation.output', 'to 64MiB'],
])('isolation %j is refused', (spec, field, right) => {
  const error = refused(() => compileIsolation(spec as IsolationSpec, FILE));
  expect(error).toMatchObject({ code: 'BAD_JOB', field });
  expect(error.hint).toContain(right);
});

test('a job that was handed over in code cannot be isolated, with caps or without', () => {
  for (const spec of ['process', { type: 'process' }] as const) {
    expect(refused(() => compileIsolation(spec, undefined))).toMatchObject({ code: 'BAD_JOB', field: 'isolation' });
  }
});
