import { describe, expect, test } from 'vitest';
import { isSnooze } from '../../../src/core/snooze.ts';
import { runText } from '../../support/isolated_job.ts';

describe.each(['thread', 'process'] as const)('a handler in a %s of its own', (kind) => {
  test('puts its run off', async () => {
    const thrown: unknown = await runText({ kind, body: `context.snooze('90s');` }).result.catch(
      (error: unknown) => error,
    );
    expect(isSnooze(thrown)).toBe(true);
    expect(thrown).toMatchObject({ delayMs: 90_000 });
  });

  test('enqueues with a key that is a function', async () => {
    const { result, enqueued } = runText({
      kind,
      body: "return enqueue('b', { id: 7 }, { unique: { key: (p) => `order:${p.id}` } });",
    });
    expect(await result).toBe('b-0');
    expect(enqueued).toMatchObject([{ job: 'b', options: { unique: { key: 'order:{id}' } } }]);
  });
});
