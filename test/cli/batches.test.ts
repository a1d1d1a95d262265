import { describe, expect, test } from 'vitest';
import { openCliNamespace, type CliNamespace } from '../support/cli_namespace.ts';
import { job } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (): Promise<CliNamespace> =>
  openCliNamespace(redis, [
    job('poll'),
    job('report', { after: ['poll'] }),
    job('bill', { after: { jobs: ['poll', 'report'], need: 'any', on: 'end' } }),
  ]);

type Shown = { batch: { id: string; state: string; total: number; cancelled: number; description: string } };

describe('belfry batches', () => {
  test('lists, shows and cancels them', async () => {
    const cli = await open();
    expect((await cli.say(['batches', 'list'])).out).toBe('no batches\n');
    const { id, runs } = await cli.engine.client.batches.create({
      runs: [{ job: 'poll' }, { job: 'poll' }],
      callbacks: { complete: { job: 'bill' } },
      description: 'two\npolls',
    });
    expect((await cli.say(['batches', 'list'])).out).toMatch(
      new RegExp(`^${id} +closed +0 of 2 +0 .* two polls$`, 'm'),
    );
    expect((await cli.say(['batches', 'show', id])).out).toMatch(/^runs over +0 of 2$/m);
    expect(await cli.sayJson<Shown>(['batches', 'show', id])).toMatchObject({
      batch: { id, state: 'closed', total: 2 },
    });
    await cli.engine.client.runs.cancel(runs[0] as string);
    const { batch } = await cli.sayJson<Shown>(['batches', 'cancel', id]);
    expect(batch).toMatchObject({ id, state: 'cancelled' });
    expect(await cli.engine.client.runs.get(runs[1] as string)).toMatchObject({ state: 'cancelled' });
    expect(await cli.sayJson(['batches', 'list'])).toMatchObject({ batches: [{ id }] });
  });

  test('says what it does not know', async () => {
    const answer = await (await open()).say(['batches', 'show', 'nobody']);
    expect(answer).toMatchObject({ code: 3, err: expect.stringContaining('no batch "nobody"') as string });
  });
});

describe('belfry jobs graph', () => {
  test('shows what comes after what, as text, JSON, DOT and SVG', async () => {
    const cli = await open();
    const { out } = await cli.say(['jobs', 'graph']);
    expect(out).toMatch(/^bill +any of poll, report \(however they end\)$/m);
    expect(out).toMatch(/^report +poll$/m);
    expect(await cli.sayJson(['jobs', 'graph'])).toEqual({
      jobs: [
        { job: 'bill', after: ['poll', 'report'], need: 'any', on: 'end', arrived: [] },
        { job: 'poll', after: [], need: 'all', on: 'success', arrived: [] },
        { job: 'report', after: ['poll'], need: 'all', on: 'success', arrived: [] },
      ],
    });
    expect((await cli.say(['jobs', 'graph', '--format', 'dot'])).out).toContain('"poll" -> "report";');
    expect((await cli.say(['jobs', 'graph', '--format', 'svg'])).out).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect((await cli.say(['jobs', 'show', 'report'])).out).toMatch(/^after +poll$/m);
  });

  test('refuses a format that there is not', async () => {
    expect(await (await open()).say(['jobs', 'graph', '--format', 'pdf'])).toMatchObject({ code: 2 });
  });
});
