import { beforeEach, describe, expect, test } from 'vitest';
import { openCliNamespace, type CliNamespace } from '../support/cli_namespace.ts';
import { playFleet, type PlayedFleet, type PlayedWorker } from '../support/played_fleet.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
let cli: CliNamespace;
beforeEach(async () => {
  cli = await openCliNamespace(redis, []);
});

const play = (workers: PlayedWorker[], again?: Parameters<typeof playFleet>[2]): Promise<PlayedFleet> =>
  playFleet(cli.engine.store, workers, again);

describe('belfry workers', () => {
  test('lists, with and without the word', async () => {
    expect((await cli.say(['workers'])).out).toBe('no worker lives\n');
    await play([{ id: 'a', queues: ['mail'], order: 'strict' }]);
    for (const words of [['workers'], ['workers', 'list']]) {
      const { out, code } = await cli.say(words);
      expect(out).toMatch(/^WORKER +POOL .*\na +default +h1 +1 +1\.0\.0 +running +0\/10 .* mail \(strict\)\n$/);
      expect(code).toBe(0);
      expect(await cli.sayJson(words)).toMatchObject({ workers: [{ id: 'a', roles: ['worker'] }] });
    }
  });

  test('shows one', async () => {
    await play([
      { id: 'a', process: 'p' },
      { id: 'b', process: 'p', roles: undefined as never },
    ]);
    const { out } = await cli.say(['workers', 'show', 'a']);
    expect(out).toMatch(/^host +h1, pid 1$/m);
    expect(out).toMatch(/^orders +taken; the process is worker$/m);
    expect(out).toMatch(/^beside +b$/m);
    expect((await cli.say(['workers', 'show', 'b'])).out).toMatch(/^orders +takes none$/m);
    expect(await cli.say(['workers', 'show', 'none'])).toMatchObject({ code: 3 });
  });

  test('drains one, which says what it was told until it is gone', async () => {
    const fleet = await play([{ id: 'a' }], () => undefined);
    expect((await cli.say(['workers', 'drain', 'a', '--note', 'a new disk'])).out).toBe(
      'told: it lets its runs end and exits\n',
    );
    await expect.poll(() => fleet.live()).toEqual([]);
    expect(fleet.told).toEqual([{ worker: 'a', order: { by: 'tester', note: 'a new disk' } }]);
    expect(await cli.say(['workers', 'drain', 'a'])).toMatchObject({ code: 3 });
  });
});

describe('belfry workers restart', () => {
  test('tells how far it is, and that it is done', async () => {
    const fleet = await play([{ id: 'a' }, { id: 'b' }]);
    const { out, err, code } = await cli.say(['workers', 'restart', '--note', 'v2', '--utc']);
    expect(code).toBe(0);
    expect(err).toMatch(/^0 of 2 restarted, 2 not told\n0 of 2 restarted, 1 away, 1 not told\n/);
    expect(out).toMatch(/^done: 2 of 2 restarted\nby tester \(v2\), began .*Z, last change .*Z\n$/);
    expect(fleet.live()).toEqual(["a'", "b'"]);
    expect((await cli.say(['workers', 'restart', '--status'])).out).toMatch(/^done: 2 of 2 restarted\n/);
  });

  test('says where it stopped, why, and how to go on', async () => {
    const fleet = await play([{ id: 'a' }, { id: 'b' }], () => undefined);
    const { out, code } = await cli.say(['workers', 'restart', '--wait-new', '1s']);
    expect(code).toBe(1);
    expect(out).toMatch(/^stopped on failures: 0 of 2 restarted, 1 failed, 1 not told$/m);
    expect(out).toMatch(
      /^ {2}worker a of pool default on h1, pid 1, is gone, and within 1 s nothing came in its place$/m,
    );
    expect(out).toMatch(/^nobody else was told; go on with: belfry workers restart --resume$/m);
    expect(await cli.say(['workers', 'restart'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('belfry workers restart --resume') as string,
    });
    await fleet.add({ id: 'new', host: 'h2' });
    expect(await cli.sayJson(['workers', 'restart', '--resume', '--any-host', '--max-failures', '1'])).toMatchObject({
      restart: { status: 'done', counts: { targets: 2, failed: 1, replaced: 1 } },
    });
  });

  test('with --dry-run tells nobody', async () => {
    const fleet = await play([{ id: 'a' }, { id: 'b', pool: 'mail' }, { id: 'c', version: '9.0.0' }]);
    const { out } = await cli.say(['workers', 'restart', '--dry-run', '--version-older-than', '2.0.0']);
    expect(out).toMatch(/^default +2 +1 +1$/m);
    expect(out).toMatch(/^mail +1 +1 +1 +nothing of it runs meanwhile$/m);
    expect(out).toMatch(/^a +default +h1 +1 +1\.0\.0 +10$/m);
    expect(out).not.toMatch(/^c /m);
    expect(await cli.sayJson(['workers', 'restart', '--dry-run', '--pool', 'mail'])).toMatchObject({
      preview: { pools: [{ pool: 'mail', mostAway: 1 }], processes: [{ process: 'b', part: 'target' }] },
    });
    const none = await cli.say(['workers', 'restart', '--dry-run', '--version-older-than', '0.1.0']);
    expect(none.out).toBe('no worker is to be restarted\n');
    expect(fleet.told).toEqual([]);
    expect((await cli.say(['workers', 'restart', '--status'])).out).toBe('there was no restart in the last month\n');
  });

  test.each([
    [['--max-unavailable', '0'], '--max-unavailable is "0"'],
    [['--version-older-than', 'x'], '--version-older-than is "x"'],
    [['--wait-new', '1ms'], '--wait-new is 1'],
    [['--wait-new', 'soon'], '--wait-new is "soon"'],
    [['--max-failures', '-1'], '--max-failures is "-1"'],
    [['--resume', '--pool', 'mail'], '--pool does not go with --resume'],
    [['--resume', '--dry-run'], '--dry-run does not go with --resume'],
    [['extra'], 'too many arguments'],
  ])('refuses %j', async (words, says) => {
    const { code, err } = await cli.say(['workers', 'restart', ...words]);
    expect(err).toContain(says);
    expect(code).toBe(2);
  });

  test('refuses a pool that nobody works for, and to resume nothing', async () => {
    await play([{ id: 'a', pool: 'mail' }]);
    expect(await cli.say(['workers', 'restart', '--pool', 'mial'])).toMatchObject({ code: 3 });
    expect(await cli.say(['workers', 'restart', '--resume'])).toMatchObject({ code: 3 });
  });
});
