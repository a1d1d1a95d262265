import { describe, expect, test } from 'vitest';
import { openCliNamespace, type CliNamespace } from '../support/cli_namespace.ts';
import { job } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const limits = [{ key: 'partner:{partner}', rate: '100/1m', concurrency: 4 }];
const open = (): Promise<CliNamespace> => openCliNamespace(redis, [job('poll', { limits }), job('push', { limits })]);

describe('belfry limits', () => {
  test('sets, shows, lists and takes back the limit of a key', async () => {
    const { say, sayJson } = await open();
    const set = await say(['limits', 'set', 'partner:x', '--rate', '50/1m', '--concurrency', '2', '--weight', '3']);
    expect(set.out).toMatch(/^limit +50 per 1m \(burst 5\), 2 at once, weight 3$/m);
    expect(set.code).toBe(0);
    expect(await sayJson(['limits', 'show', 'partner:x'])).toEqual({
      limit: {
        key: 'partner:x',
        by: 'operator',
        template: 'partner:{partner}',
        jobs: ['poll', 'push'],
        rate: '50/1m',
        burst: 5,
        concurrency: 2,
        weight: 3,
        order: null,
        running: 0,
        nextStart: null,
        heldUntil: null,
        turn: null,
        waiting: { lanes: 0, runs: 0 },
      },
    });
    const { out } = await say(['limits', 'list']);
    expect(out).toMatch(/^partner:\{partner\} +100 per 1m, 4 at once +poll, push$/m);
    expect(out).toMatch(/^partner:x +50 per 1m \(burst 5\), 2 at once, weight 3 +operator +0$/m);
    expect(await sayJson(['limits', 'list', '--prefix', 'partner:x'])).toMatchObject({
      templates: [],
      limits: [{ key: 'partner:x' }],
      more: false,
    });
    expect((await say(['limits', 'unset', 'partner:x'])).out).toMatch(/^limit +100 per 1m \(burst 10\), 4 at once$/m);
  });

  test('holds a key for a while, and resets it', async () => {
    const { say, engine } = await open();
    expect((await say(['limits', 'hold', 'partner:x', '30m', '--utc'])).out).toMatch(/^held until +\d{4}-.*Z$/m);
    const id = await engine.client.enqueue('poll', { partner: 'x' });
    expect((await say(['explain', id])).out).toMatch(/^why +partner:x is held: nothing of it starts until \d{4}-/m);
    expect((await say(['limits', 'reset', 'partner:x'])).out).toMatch(/^next start +at once$/m);
    expect((await say(['explain', id])).out).not.toContain('is held');
  });

  test('says so where nothing is limited', async () => {
    const { say } = await openCliNamespace(redis, [job('plain')]);
    expect((await say(['limits', 'list'])).out).toBe('nothing is limited\n');
  });

  test.each([
    [['limits', 'set', 'partner:x'], 2, 'the limit says nothing'],
    [['limits', 'set', 'partner:x', '--rate', 'often'], 2, 'limit.rate is "often"'],
    [['limits', 'set', 'partner:x', '--concurrency', 'two'], 2, '--concurrency is "two"'],
    [['limits', 'set', 'partner:{partner}', '--rate', '1/1s'], 2, 'is a template, not a key'],
    [['limits', 'hold', 'partner:x', 'soon'], 2, 'duration is "soon"'],
    [['limits', 'show', 'job:pol'], 3, 'no job named "pol"'],
  ])('answer %j with %i', async (asked, code, message) => {
    const { say } = await open();
    const answer = await say(asked);
    expect(answer.err).toContain(message);
    expect(answer.code).toBe(code);
  });
});
