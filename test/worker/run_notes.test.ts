import { describe, expect, test } from 'vitest';
import { createRunNotes } from '../../src/worker/run_notes.ts';

/** A store whose writes end when they are told to. */
function openStore(notes: Record<string, string> = {}) {
  const written: [string, string][] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = (field: string, value: string): Promise<void> => {
    written.push([field, value]);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const finish = async (error?: Error): Promise<void> => {
    const next = waiting.shift();
    if (error) next?.reject(error);
    else next?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { written, finish, notes: createRunNotes({ origin: 'r1', notes }, write) };
}

const settledOf = async (promise: Promise<unknown>): Promise<string> =>
  Promise.race([promise.then(() => 'stored', String), new Promise<string>((resolve) => setImmediate(resolve, 'open'))]);

describe('a checkpoint', () => {
  test('is written, and the call ends when it is stored', async () => {
    const { notes, written, finish } = openStore();
    expect(notes.checkpointed()).toBeUndefined();
    const call = notes.checkpoint({ row: 1 });
    expect(written).toEqual([['checkpoint', '{"row":1}']]);
    expect(await settledOf(call)).toBe('open');
    await finish();
    expect(await settledOf(call)).toBe('stored');
    expect(notes.checkpointed()).toEqual({ row: 1 });
  });

  test('that comes while another is written waits, and only the last of several is written', async () => {
    const { notes, written, finish } = openStore();
    const first = notes.checkpoint(1);
    const later = [notes.checkpoint(2), notes.checkpoint(3), notes.checkpoint(4)];
    await finish();
    expect(await settledOf(first)).toBe('stored');
    expect(await Promise.all(later.map(settledOf))).toEqual(['open', 'open', 'open']);
    expect(written.map(([, value]) => value)).toEqual(['1', '4']);
    await finish();
    expect(await Promise.all(later.map(settledOf))).toEqual(['stored', 'stored', 'stored']);
  });

  test('that is refused fails its own call, and the next one is written all the same', async () => {
    const { notes, written, finish } = openStore();
    const [refused, next] = [notes.checkpoint(1), notes.checkpoint(2)];
    await finish(new Error('no'));
    expect(await settledOf(refused)).toBe('Error: no');
    await finish();
    expect(await settledOf(next)).toBe('stored');
    expect(written).toHaveLength(2);
  });

  test('of an earlier attempt is there from the beginning', () => {
    expect(openStore({ checkpoint: '{"row":7}' }).notes.checkpointed()).toEqual({ row: 7 });
  });

  test.each([
    ['x'.repeat(64 * 1024), 'NOTE_TOO_LARGE', '65538 bytes'],
    [undefined, 'BAD_USAGE', 'not JSON'],
    [{ n: 1n }, 'BAD_USAGE', 'not JSON'],
  ])('that cannot be kept is refused and the last one stays (%#)', async (value, code, says) => {
    const { notes, written } = openStore({ checkpoint: '1' });
    await expect(notes.checkpoint(value as never)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
    });
    expect([notes.checkpointed(), written]).toEqual([1, []]);
  });

  test('is waited for at the end, also one that nobody awaits', async () => {
    const { notes, finish, written } = openStore();
    void notes.checkpoint(1);
    void notes.checkpoint(2);
    const idle = notes.idle();
    await finish(new Error('no'));
    expect(await settledOf(idle)).toBe('open');
    await finish();
    expect(await settledOf(idle)).toBe('stored');
    expect(written).toHaveLength(2);
  });
});

describe('an effect', () => {
  test('runs once, is handed its idempotency key, and its result is noted before the call ends', async () => {
    const { notes, written, finish } = openStore();
    const keys: string[] = [];
    const call = notes.once('charge', (key) => {
      keys.push(key);
      return { id: 'c1', at: new Date(0) };
    });
    expect(await settledOf(call)).toBe('open');
    expect(written).toEqual([['once:charge', '{"id":"c1","at":"1970-01-01T00:00:00.000Z"}']]);
    await finish();
    // As a later attempt gets it.
    expect(await call).toEqual({ id: 'c1', at: '1970-01-01T00:00:00.000Z' });
    expect(await notes.once('charge', () => expect.unreachable())).toEqual({
      id: 'c1',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(keys).toEqual(['r1:charge']);
  });

  test('that an earlier attempt has completed does not run, whatever it answered', async () => {
    const { notes, written } = openStore({ 'once:a': '{"n":1}', 'once:b': '', 'once:c': 'null' });
    const never = (): never => expect.unreachable();
    expect([await notes.once('a', never), await notes.once('b', never), await notes.once('c', never)]).toEqual([
      { n: 1 },
      undefined,
      null,
    ]);
    expect(written).toEqual([]);
  });

  test('is shared by calls at the same time, and another key is another effect', async () => {
    const { notes, finish } = openStore();
    let count = 0;
    const calls = [1, 2, 3].map(() => notes.once('a', () => (count += 1)));
    const other = notes.once('b', () => 'other');
    await settledOf(Promise.all(calls));
    await finish();
    await finish();
    expect([await Promise.all(calls), await other, count]).toEqual([[1, 1, 1], 'other', 1]);
  });

  test('that fails is not noted, and may be tried again', async () => {
    const { notes, written, finish } = openStore();
    await expect(notes.once('a', () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
    expect(written).toEqual([]);
    const again = notes.once('a', () => 'done');
    await settledOf(again);
    await finish();
    expect(await again).toBe('done');
  });

  test('whose result cannot be noted ends the run for good: another attempt would repeat it', async () => {
    const { notes } = openStore();
    await expect(notes.once('a', () => 'x'.repeat(16 * 1024))).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
    await expect(notes.once('b', () => 1n)).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  });

  test.each(['', 'x'.repeat(201), 7])('needs a key that names it (%#)', async (key) => {
    await expect(openStore().notes.once(key as string, () => 1)).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  test('that nobody awaits does not hold up the end, only the note of it does', async () => {
    const { notes } = openStore();
    void notes.once('a', () => new Promise(() => undefined));
    expect(await settledOf(notes.idle())).toBe('stored');
  });
});
