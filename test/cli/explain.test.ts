import { beforeEach, describe, expect, test } from 'vitest';
import type { TriggerAnswer } from '../../src/store/schedules.ts';
import { makePlace } from '../support/belfry_process.ts';
import { openCliNamespace } from '../support/cli_namespace.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { job, openEngine, type Engine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const variables = { REDIS_URL: redis.url };
const place = makePlace();

const JOBS = [
  job('often', { schedule: { every: '1s' }, timeout: '1m' }),
  job('berlin', {
    schedule: { cron: '30 2 * * *', timezone: 'Europe/Berlin', jitter: '5m', startDeadline: '1h' },
    timeout: '1m',
  }),
  job('reports/daily', { schedule: { cron: '0 9 * * MON-FRI', overlap: 'buffer-all' }, timeout: '1m' }),
  job('mail', { queue: 'mail' }),
];

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine({ target: redis.target, namespace: 'belfry', jobs: JOBS });
  await engine.client.schedules.save([{ job: 'mail', key: 'u1', schedule: { cron: '0 9 * * *' } }], 'upsert');
});

const explain = (what: string, ...words: string[]) => ask(['explain', what, '--utc', ...words], { place, variables });

describe('belfry explain', () => {
  test('says of a job when it fires, with which policies, what it waits for and what the clock does to it', async () => {
    const { out, code } = await ask(['explain', 'berlin'], { place, variables });
    expect(out).toMatch(/^when {2,}At 02:30, Europe\/Berlin time$/m);
    expect(out).toMatch(/^policies {2,}overlap skip, catch-up latest within 1d, start deadline 1h, jitter up to 5m$/m);
    expect(out).toMatch(/^waits for {2,}no scheduler leads shard 0$/m);
    expect(out).toMatch(/^clock {2,}\d{4}-\d\d-\d\d 0\d:00→0\d:00 (?:gap|overlap): 02:30 fires/m);
    expect(out.match(/^\d{4}-\d\d-\d\d 02:30:00 {2}\+0[12]:00 {2}\+/gm)).toHaveLength(10);
    expect(code).toBe(0);
  });

  test('answers the same as JSON, with instants in ISO 8601', async () => {
    const { schedule } = await askJson<{ schedule: { words: string; upcoming: { fireTime: string; due: string }[] } }>(
      ['explain', 'mail:u1'],
      { place, variables },
    );
    expect(schedule).toMatchObject({ schedule: 'mail:u1', job: 'mail', words: 'At 09:00, UTC' });
    expect(schedule.upcoming).toHaveLength(10);
    expect(schedule.upcoming[0]?.due).toMatch(/^\d{4}-\d\d-\d\dT09:00:00\.000Z$/);
  });

  test('says of an instant that it is no fire time, and which are the nearest', async () => {
    const { out, code } = await explain('reports/daily@2090-01-07T09:00:00Z');
    expect(out).toMatch(
      /this is no fire time; the nearest are 2090-01-06 09:00:00 \+00:00 and 2090-01-09 09:00:00 \+00:00/,
    );
    expect(code).toBe(0);
  });

  test('reads a local time in the zone of the schedule or in the one that is named, and epoch ms', async () => {
    expect((await explain('berlin@2090-06-01T02:30')).out).toMatch(/still to come/);
    expect((await explain('berlin@2090-06-01T09:30', '--tz', 'Asia/Tokyo')).out).toMatch(/still to come/);
    expect((await explain('berlin@2090-06-01T02:30', '--tz', 'Asia/Tokyo')).out).toMatch(/no fire time/);
    const epoch = Date.parse('2090-06-01T00:30:00Z');
    expect((await explain(`berlin@${String(epoch)}`)).out).toMatch(/still to come/);
  });

  test.each([
    { flags: [], time: '02:30:00', offset: '+02:00', rows: /^\S+ 02:30:00 {2}\+0[12]:00 /gm },
    { flags: ['--utc'], time: '00:30:00', offset: '+00:00', rows: /^\S+ 0[01]:30:00 {2}\+00:00 /gm },
    { flags: ['--tz', 'Asia/Tokyo'], time: '09:30:00', offset: '+09:00', rows: /^\S+ (?:09|10):30:00 {2}\+09:00 /gm },
  ])('shows every time in one zone, with its offset: $flags', async ({ flags, time, offset, rows }) => {
    const told = async (what: string) => (await ask(['explain', what, ...flags], { place, variables })).out;
    const toCome = await told('berlin@2090-06-01T00:30:00Z');
    expect(toCome).toMatch(new RegExp(`^fire time {2,}2090-06-01 ${time} \\${offset} \\(`, 'm'));
    expect(toCome).toMatch(new RegExp(`due at 2090-06-01 \\d\\d:3\\d:\\S+ \\${offset} \\(`));
    expect(await told('berlin@2090-06-01T11:00:00Z')).toContain(
      `the nearest are 2090-06-01 ${time} ${offset} and 2090-06-02 ${time} ${offset}`,
    );
    expect((await told('berlin')).match(rows)).toHaveLength(10);
  });

  test('refuses a zone that is not there, whatever it is asked about', async () => {
    for (const what of ['berlin', 'berlin@2090-06-01T00:30:00Z', '0198d7b1-0000-7000-8000-000000000000']) {
      const { err, code } = await explain(what, '--tz', 'Mars');
      expect(err).toContain('Mars');
      expect(code).toBe(2);
    }
  });

  test('says of a job that comes after others which they are, and which have come', async () => {
    const cli = await openCliNamespace(redis, [
      job('load'),
      job('mail'),
      job('merge', { after: ['load', 'mail'] }),
      job('report', { after: { jobs: ['load', 'mail'], need: 'any', on: 'end' } }),
      job('tail', { after: ['mail'] }),
    ]);
    const told = async (name: string) => (await cli.say(['explain', name])).out;
    expect(await told('merge')).toMatch(/^when {2,}after other jobs: when all of load, mail have succeeded$/m);
    expect(await told('merge')).toMatch(/^waits for {2,}load, mail$/m);
    const report = await told('report');
    expect(report).toMatch(/^when {2,}after other jobs: when any of load, mail has ended, whatever the outcome$/m);
    expect(report).toMatch(/^waits for {2,}any of load, mail$/m);
    expect(await told('tail')).toMatch(/^when {2,}after other jobs: when mail has succeeded$/m);
    expect(await cli.sayJson(['explain', 'report'])).toMatchObject({
      schedule: { after: { jobs: ['load', 'mail'], need: 'any', on: 'end', arrived: [] } },
    });
    await cli.engine.startScheduler();
    await cli.engine.client.runs.markSucceeded(await cli.engine.client.enqueue('mail'));
    await eventually(async () => expect(await told('merge')).toMatch(/^waits for {2,}load; mail has come$/m));
  });

  test('says of a pause who it was and why, until when', async () => {
    await engine.client.schedules.pause(['mail:u1'], { by: 'ada', note: 'on holiday' });
    const { out } = await explain('mail:u1');
    expect(out).toMatch(/paused by ada since \d{4}-\S+ \S+ \+00:00 until somebody ends it: on holiday/);
    await engine.client.schedules.resume(['mail:u1'], { by: 'ada' });
  });

  test('says of a run what holds it', async () => {
    const ready = await engine.client.enqueue('mail');
    expect((await explain(ready)).out).toMatch(/^why {2,}no live worker listens to the queue mail$/m);
    const delayed = await engine.client.enqueue('mail', 1, { delay: '1h' });
    expect((await explain(delayed)).out).toMatch(/^why {2,}it is delayed until \d{4}-/m);
    const first = (await engine.client.jobs.trigger('reports/daily')) as TriggerAnswer & { runId: string };
    const second = (await engine.client.jobs.trigger('reports/daily')) as TriggerAnswer & { runId: string };
    const { out } = await explain(second.runId);
    expect(out).toMatch(new RegExp(`^why {2,}blocked since \\S+ \\S+ by run ${first.runId} \\(ready\\)$`, 'm'));
    expect((await explain('reports/daily')).out).toContain(
      `blocked by run ${first.runId} (ready), ${second.runId} (waiting)`,
    );
  });

  test('says of a fire time that was fired its verdict and its run, under the id of the run too', async () => {
    await engine.startScheduler();
    await engine.startWorker({ queues: ['default'] });
    const { fireTime } = await engine.hears(
      'schedule.verdict',
      ({ job: name, word }) => name === 'often' && word !== 'merged',
    );
    const run = `often@${String(fireTime)}`;
    await engine.hears('run.finished', (event) => event.run === run);
    const byTime = await explain(`often@${new Date(fireTime).toISOString()}`);
    expect(byTime.out).toMatch(/^verdict {2,}(?:fired|late|caught-up)/m);
    expect(byTime.out).toMatch(new RegExp(`^runs {2,}${run} succeeded, started .* after its fire time, ended `, 'm'));
    const byRun = await explain(run);
    expect(byRun.out).toContain('verdict');
    expect(byRun.out).toMatch(/^why {2,}it has ended, succeeded/m);
  });

  test('answers 3 for what is not there, with the nearest name', async () => {
    const { err, code } = await explain('berlni');
    expect(err).toContain('did you mean berlin?');
    expect(code).toBe(3);
    const nothing = await explain('nightly-import-42');
    expect(nothing.err).toContain('neither a job nor a run is named "nightly-import-42"');
    expect(nothing.err).toContain('old runs are forgotten');
    expect(nothing.code).toBe(3);
    expect((await explain('0198d7b1-0000-7000-8000-000000000000')).code).toBe(3);
    expect((await explain('mail@2026-01-01')).code).toBe(3);
  });

  test('answers 2 for a time that cannot be read', async () => {
    const { err, code } = await explain('berlin@yesterday');
    expect(err).toContain('yesterday');
    expect(code).toBe(2);
  });
});
