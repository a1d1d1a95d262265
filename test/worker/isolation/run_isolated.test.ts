import { describe, expect, test } from 'vitest';
import { BelfryError, NonRetryableError } from '../../../src/core/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive, runText } from '../../support/isolated_job.ts';

const KINDS = ['thread', 'process'] as const;

describe.each(KINDS)('an attempt in a %s of its own', (kind) => {
  test('gets payload, run and attempt number, and its result comes back', async () => {
    const { result } = runText({
      kind,
      body: `return { payload, run, attempt, pid: process.pid, nothing: undefined };`,
    });
    const answer = (await result) as Record<string, unknown>;
    expect(answer).toEqual({
      payload: { id: 7, at: '2026-01-01T00:00:00.000Z' },
      run: { id: 'r1', job: 'a', queue: 'default', schedule: 'a', fireTime: 1_700_000_000_000 },
      attempt: 2,
      pid: expect.any(Number) as unknown,
    });
    expect(answer['pid'] === process.pid).toBe(kind === 'thread');
  });

  test('answers null when its handler returns nothing', async () => {
    expect(await runText({ kind, body: '' }).result).toBeNull();
  });

  test('sends log lines, output and progress to the worker, in order', async () => {
    const body = `
      log.info('first', { n: 1, error: new TypeError('kept'), fn: () => 1, big: 1n });
      progress(0.2); progress(0.5);
      log.warn('second');
      console.log('to stdout\\nin two lines');
      console.error('to stderr');
      return 'done';`;
    const { result, logs, progress } = runText({ kind, body });
    expect(await result).toBe('done');
    expect(logs.filter(({ fields }) => fields?.['stream'] === undefined)).toEqual([
      { level: 'info', message: 'first', fields: { n: 1, error: { name: 'TypeError', message: 'kept' }, big: '1' } },
      { level: 'warn', message: 'second', fields: undefined },
    ]);
    expect(logs.filter(({ fields }) => fields?.['stream'] === 'stdout').map(({ message }) => message)).toEqual([
      'to stdout',
      'in two lines',
    ]);
    expect(logs.filter(({ fields }) => fields?.['stream'] === 'stderr').map(({ message }) => message)).toEqual([
      'to stderr',
    ]);
    expect(progress.at(-1)).toBe(0.5);
  });

  test('keeps the first 256 KiB of output and says that it cut the rest', async () => {
    const { result, logs } = runText({
      kind,
      body: `for (let n = 0; n < 1000; n++) console.log('x'.repeat(999)); return 1;`,
    });
    expect(await result).toBe(1);
    const lines = logs.filter(({ message }) => message.startsWith('x'));
    expect(lines.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThanOrEqual(256 * 1024);
    expect(lines.length).toBeGreaterThan(200);
    expect(logs.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'output beyond 256KiB is not kept' },
    ]);
  });

  test('enqueues through the worker, and hears of a refusal', async () => {
    const body = `
      const one = await enqueue('b', { n: 1 }, { delay: '5s', id: 'own' });
      const many = await enqueueMany('c', [1, 2]);
      const refused = await enqueue('nope').catch((error) => [error.name, error.code, error.hint, error.message]);
      return { one, many, refused };`;
    const { result, enqueued } = runText({ kind, body });
    expect(await result).toEqual({
      one: 'b-0',
      many: ['c-0', 'c-1'],
      refused: ['BelfryError', 'NOT_FOUND', 'try b', 'no job nope'],
    });
    expect(enqueued).toMatchObject([
      { job: 'b', payloads: [{ n: 1 }], options: { delay: '5s', id: 'own' } },
      { job: 'c', payloads: [1, 2], options: {} },
    ]);
  });

  test('keeps notes through the worker, knows earlier ones, and hears of a refusal', async () => {
    const body = `
      const before = context.checkpointed;
      await checkpoint({ row: 8 });
      const refused = await checkpoint('refuse').catch((error) => error.code);
      const known = await once('mail', () => 'sent again');
      const fresh = await once('charge', (key) => key);
      return { before, refused, known, fresh };`;
    const { result, noted } = runText({ kind, body, notes: { checkpoint: '{"row":7}', 'once:mail': '"sent"' } });
    expect(await result).toEqual({ before: { row: 7 }, refused: 'LEASE_LOST', known: 'sent', fresh: 'r1:charge' });
    expect(noted).toEqual([
      ['checkpoint', '{"row":8}'],
      ['once:charge', '"r1:charge"'],
    ]);
  });

  test('fails with the error that its handler threw: class, code, stack and cause', async () => {
    const thrown = runText({
      kind,
      body: `throw new NonRetryableError('no use', { cause: new RangeError('deep') });`,
    }).result;
    await expect(thrown).rejects.toBeInstanceOf(NonRetryableError);
    await expect(thrown).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
      name: 'NonRetryableError',
      message: 'no use',
      cause: { name: 'RangeError', message: 'deep' },
      stack: expect.stringContaining('a.ts:4') as string,
    });
    const coded = runText({ kind, body: `throw Object.assign(new TypeError('own'), { code: 'E_OWN' });` }).result;
    await expect(coded).rejects.toMatchObject({ name: 'TypeError', message: 'own', code: 'E_OWN' });
    await expect(runText({ kind, body: `throw 'words';` }).result).rejects.toMatchObject({ message: 'words' });
  });

  test('fails for good when its result is not JSON', async () => {
    await expect(runText({ kind, body: `return { n: 1n };` }).result).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  });

  test('fails when its file cannot be loaded any more', async () => {
    await expect(runText({ kind, text: 'export default {{' }).result).rejects.toThrow(/ParseError/);
  });

  test('refuses a payload that cannot travel', async () => {
    const { result } = runText({ kind, body: '', payload: { call: () => 1 } });
    await expect(result).rejects.toMatchObject({ code: 'BAD_PAYLOAD' });
  });

  test('is handed the abort, and may still end in good order', async () => {
    const { result, abort, logged } = runText({
      kind,
      body: `
        log.info('waiting');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return [signal.reason.code, signal.reason.message];`,
    });
    await logged('waiting');
    abort(new BelfryError('ATTEMPT_TIMEOUT', 'took 2 s'));
    expect(await result).toEqual(['ATTEMPT_TIMEOUT', 'took 2 s']);
  });

  test('is killed when it goes on after the abort, even while it computes without a pause', async () => {
    const { result, abort, logged } = runText({
      kind,
      killAfterMs: 100,
      body: `log.info('spinning'); await new Promise((r) => setTimeout(r, 50)); for (;;);`,
    });
    await logged('spinning');
    const timeout = new BelfryError('ATTEMPT_TIMEOUT', 'took 2 s');
    abort(timeout);
    await expect(result).rejects.toBe(timeout);
  });

  test('does not start when it is aborted already', async () => {
    const { result, logs } = runText({
      kind,
      body: `log.info('ran');`,
      aborted: new BelfryError('CANCELLED', 'before'),
    });
    await expect(result).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(logs).toEqual([]);
  });

  test('that ends by itself without a word has crashed, and says how', async () => {
    const crash = runText({ kind, body: `process.exit(7);` }).result;
    await expect(crash).rejects.toMatchObject({
      code: 'ATTEMPT_CRASHED',
      message: expect.stringContaining('exit code 7') as string,
    });
  });

  test('that throws outside its handler has crashed, and its last words are kept', async () => {
    const { result, logs } = runText({
      kind,
      body: `setTimeout(() => { throw new Error('out of band'); }, 1); await new Promise(() => setInterval(() => {}, 1000));`,
    });
    const error = (await result.catch((thrown: unknown) => thrown)) as BelfryError;
    expect(error.code).toBe('ATTEMPT_CRASHED');
    expect(error.message + logs.map(({ message }) => message).join()).toContain('out of band');
  });

  test('leaves nothing running behind, timers and servers included', async () => {
    expect(await runText({ kind, body: `setInterval(() => {}, 1000); return 'ended';` }).result).toBe('ended');
  });
});

describe('an attempt in a process of its own', () => {
  test('that is killed from outside has crashed by that signal', async () => {
    const { result, logged } = runText({
      kind: 'process',
      body: `log.info('pid ' + process.pid); await new Promise(() => setInterval(() => {}, 1000));`,
    });
    const { message } = await logged(/^pid \d+/);
    process.kill(Number(message.slice(4)), 'SIGKILL');
    await expect(result).rejects.toMatchObject({
      code: 'ATTEMPT_CRASHED',
      message: expect.stringContaining('SIGKILL') as string,
    });
  });

  test('gets what structured clone keeps and JSON does not', async () => {
    const { result } = runText({ kind: 'process', payload: { at: new Date(5) }, body: `return payload.at.getTime();` });
    expect(await result).toBe(5);
  });

  const withGrandchild = (rest: string): string => `
    const { spawn } = await import('node:child_process');
    const sleeper = spawn('sleep', ['600'], { stdio: 'inherit' });
    log.info('grandchild ' + sleeper.pid);
    ${rest}`;

  test('takes its grandchildren along when it is killed', async () => {
    const { result, abort, logged } = runText({ kind: 'process', killAfterMs: 50, body: withGrandchild('for (;;);') });
    const { message } = await logged(/^grandchild/);
    const pid = Number(message.split(' ')[1]);
    expect(isAlive(pid)).toBe(true);
    abort(new BelfryError('CANCELLED', 'enough'));
    await expect(result).rejects.toMatchObject({ code: 'CANCELLED' });
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  test('takes its grandchildren along when it has ended well', async () => {
    const { result, logged } = runText({ kind: 'process', body: withGrandchild(`return 'well';`) });
    const { message } = await logged(/^grandchild/);
    expect(await result).toBe('well');
    await eventually(() => expect(isAlive(Number(message.split(' ')[1]))).toBe(false));
  });

  test('runs in the folder and environment of the worker', async () => {
    process.env['BELFRY_TEST_MARK'] = 'seen';
    const answer = await runText({ kind: 'process', body: `return [process.cwd(), process.env.BELFRY_TEST_MARK];` })
      .result;
    delete process.env['BELFRY_TEST_MARK'];
    expect(answer).toEqual([process.cwd(), 'seen']);
  });
});
