import { describe, expect, test } from 'vitest';
import { BelfryError } from '../../../src/core/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive, runText } from '../../support/isolated_job.ts';

const MIB = 1_048_576;
const FOR_EVER = 'await new Promise(() => setInterval(() => {}, 1000));';

describe.each(['thread', 'process'] as const)('an attempt in a %s of its own', (kind) => {
  const memoryBytes = kind === 'thread' ? 48 * MIB : 128 * MIB;

  test('that stays within its caps is not touched by them', async () => {
    const body = `console.log('x'.repeat(1000)); const kept = Buffer.alloc(8e6, 1); return kept.length;`;
    const { result, logs } = runText({ kind, body, caps: { memoryBytes, outputBytes: 4_096 } });
    expect(await result).toBe(8e6);
    expect(logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('that fills its heap fails with MEMORY_EXCEEDED, and the worker goes on', async () => {
    const body = `const kept = []; for (;;) kept.push(new Array(10_000).fill(kept.length));`;
    const { result } = runText({ kind, body, caps: { memoryBytes } });
    await expect(result).rejects.toMatchObject({
      code: 'MEMORY_EXCEEDED',
      message: `the attempt took more than its ${memoryBytes / MIB}MiB of memory`,
    });
  });

  test('that prints more than it may fails with OUTPUT_EXCEEDED, and what it has printed is kept', async () => {
    const body = `log.info('on'); for (;;) { console.log('x'.repeat(99)); await new Promise(setImmediate); }`;
    const { result, logs } = runText({ kind, body, caps: { outputBytes: 4_000 } });
    await expect(result).rejects.toMatchObject({
      code: 'OUTPUT_EXCEEDED',
      message: 'the attempt printed more than its 4000 B',
    });
    expect(logs.filter(({ message }) => message.startsWith('x')).length).toBe(40);
    expect(logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'output beyond 4000 B is not kept' },
    ]);
  });

  test('may print exactly as much as it may', async () => {
    const body = `console.log('x'.repeat(9_099)); return 'done';`;
    const { result, logs } = runText({ kind, body, caps: { outputBytes: 9_100 } });
    expect(await result).toBe('done');
    expect(logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('an attempt in a process of its own', () => {
  const caps = { memoryBytes: 160 * MIB };

  test('counts memory that is not on the heap', async () => {
    const body = `const kept = [];
      for (;;) { kept.push(Buffer.alloc(4e6, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); }`;
    await expect(runText({ kind: 'process', body, caps }).result).rejects.toMatchObject({ code: 'MEMORY_EXCEEDED' });
  });

  test('answers for the memory of what it has started, and takes all of it along', async () => {
    const hog = `const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 20);`;
    const body = `const { spawn } = await import('node:child_process');
      log.info('hog ' + spawn(process.execPath, ['-e', ${JSON.stringify(hog)}]).pid); ${FOR_EVER}`;
    const { result, logged } = runText({ kind: 'process', body, caps });
    const { message } = await logged(/^hog/);
    await expect(result).rejects.toMatchObject({ code: 'MEMORY_EXCEEDED' });
    await eventually(() => expect(isAlive(Number(message.slice(4)))).toBe(false));
  });

  test.each([
    ['cancelled', (abort: (error: Error) => void) => abort(new BelfryError('CANCELLED', 'enough')), 'CANCELLED'],
    [
      'timed out',
      (abort: (error: Error) => void) => abort(new BelfryError('ATTEMPT_TIMEOUT', 'late')),
      'ATTEMPT_TIMEOUT',
    ],
  ])('takes a grandchild that ignores SIGTERM along when it is %s', async (_how, end, code) => {
    const script = `trap '' TERM HUP INT; sleep 600 & echo stubborn $$ $!; while :; do sleep 1; done`;
    const body = `const { spawn } = await import('node:child_process');
      spawn('sh', ['-c', ${JSON.stringify(script)}], { stdio: 'inherit' }); ${FOR_EVER}`;
    const { result, logged, abort } = runText({ kind: 'process', body, killAfterMs: 50 });
    const pids = (await logged(/^stubborn/)).message.split(' ').slice(1).map(Number);
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    expect(isAlive(pids[0] as number)).toBe(true);
    end(abort);
    await expect(result).rejects.toMatchObject({ code });
    await eventually(() => expect(pids.map(isAlive)).toEqual([false, false]));
  });
});
