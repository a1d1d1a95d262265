import { describe, expect, test } from 'vitest';
import { jobFile, makePlace } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
let count = 0;

type PlanAnswer = {
  changes: boolean;
  added: { job: string; where: string; fireTimes: { before: string[]; after: string[] } | null }[];
  changed: { job: string; differences: { field: string; before: string | null; after: string | null }[] }[];
  removed: { job: string }[];
  retimed: string[];
  unchanged: number;
  calendars: { calendar: string; kind: string }[];
  orphans: { job: string; schedules: number; runs: number }[];
  broken: { where: string }[];
};

const POLL = jobFile(`schedule: { cron: '*/5 * * * *' }, run: () => null`);
const SEND = jobFile(`queue: 'mail', run: () => null`);

/** A jobs folder and a namespace of its own. */
async function open(files: Record<string, string>) {
  count += 1;
  const namespace = `apply${String(count)}`;
  const place = makePlace(files);
  const variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  const engine = await openEngine({ target: redis.target, namespace });
  return {
    engine,
    place,
    say: (...words: string[]) => ask(words, { place, variables }),
    plan: (...words: string[]) => askJson<PlanAnswer>(['plan', ...words], { place, variables }),
    sayJson: <T>(...words: string[]) => askJson<T>(words, { place, variables }),
  };
}

describe('belfry plan', () => {
  test('shows what is new, changed in words, re-timed and gone, and changes nothing', async () => {
    const { say, plan, place, engine } = await open({ 'partners/poll.ts': POLL, 'mail/send.ts': SEND });
    expect(await say('apply')).toMatchObject({ code: 0 });
    place.write(
      'jobs/partners/poll.ts',
      jobFile(`schedule: { cron: '*/10 * * * *' }, queue: 'polling', run: () => null`),
    );
    place.remove('jobs/mail/send.ts');
    place.write('jobs/reports/daily.ts', jobFile(`schedule: { cron: '0 9 * * *' }, run: () => null`));

    const answer = await plan();

    expect(answer).toMatchObject({
      changes: true,
      added: [{ job: 'reports/daily', fireTimes: { before: [] } }],
      removed: [{ job: 'mail/send' }],
      retimed: ['partners/poll'],
      unchanged: 0,
    });
    expect(answer.added[0]?.fireTimes?.after).toHaveLength(3);
    expect(answer.changed).toMatchObject([
      {
        job: 'partners/poll',
        differences: [
          { field: 'schedule', before: 'Every 5 minutes', after: 'Every 10 minutes' },
          { field: 'queue', before: 'default', after: 'polling' },
        ],
      },
    ]);
    const { out, code } = await say('plan', '--utc');
    expect(code).toBe(0);
    expect(out).toMatch(/^- mail\/send$/m);
    expect(out).toMatch(/^~ partners\/poll\n {4}schedule: Every 5 minutes → Every 10 minutes\n/m);
    expect(out).toMatch(/^ {4}fires at \d{4}-\d\d-\d\d \d\d:\d0:00Z, /m);
    expect(out).toMatch(/^\+ reports\/daily\n {4}fires at .*09:00:00Z/m);
    expect(out).toContain('1 to add, 1 to change (1 re-timed), 1 to remove; 0 unchanged');
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['mail/send', 'partners/poll']);
  });

  test('says nothing to change after it was applied, and exits 4 for changes only where that is asked for', async () => {
    const { say } = await open({ 'partners/poll.ts': POLL });
    expect(await say('plan')).toMatchObject({ code: 0 });
    expect(await say('plan', '--detailed-exit')).toMatchObject({ code: 4 });
    await say('apply');
    expect(await say('plan', '--detailed-exit')).toMatchObject({
      code: 0,
      out: 'nothing to change; 1 unchanged\n',
    });
  });

  test('agrees with what is registered then, and with the fire times', async () => {
    const { plan, say, engine } = await open({ 'partners/poll.ts': POLL });
    const { added } = await plan();
    await say('apply');
    const { nextFireTime } = await engine.client.jobs.get('partners/poll');
    expect(added[0]?.fireTimes?.after).toContain(new Date(nextFireTime ?? 0).toISOString());
  });

  test('tells calendars, and re-times the jobs that name one', async () => {
    const days = (day: string): string => JSON.stringify({ dates: [day] });
    const { plan, say, place } = await open({
      'daily.ts': jobFile(`schedule: { cron: '0 9 * * *', except: 'holidays' }, run: () => null`),
      '_calendars/holidays.json': days('2020-01-01'),
    });
    expect((await plan()).calendars).toEqual([{ calendar: 'holidays', kind: 'added' }]);
    await say('apply');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const today = new Date().toISOString().slice(0, 10);
    place.write('jobs/_calendars/holidays.json', JSON.stringify({ dates: [today, tomorrow] }));

    expect(await plan()).toMatchObject({
      changes: true,
      calendars: [{ calendar: 'holidays', kind: 'changed' }],
      retimed: ['daily'],
      changed: [{ job: 'daily', differences: [] }],
    });
  });

  test('names what would be left without a job', async () => {
    const { plan, engine } = await open({ 'partners/poll.ts': POLL });
    await engine.client.apply([job('mail/send')]);
    await engine.client.schedules.save([{ job: 'mail/send', key: 'a', schedule: { every: '1h' } }], 'create');
    await engine.client.enqueueMany('mail/send', [1, 2]);
    expect(await plan()).toMatchObject({ orphans: [{ job: 'mail/send', schedules: 1, runs: 2 }] });
  });
});

describe('belfry apply', () => {
  test('registers, prunes, and does it again without a change', async () => {
    const { say, sayJson, place, engine } = await open({ 'partners/poll.ts': POLL, 'mail/send.ts': SEND });
    await say('apply');
    place.remove('jobs/mail/send.ts');
    expect(await sayJson('apply')).toMatchObject({
      applied: { added: [], changed: [], removed: ['mail/send'], total: 1 },
    });
    expect(await sayJson('apply')).toMatchObject({ applied: { added: [], changed: [], removed: [] } });
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['partners/poll']);
  });

  test('leaves alone what has no file where it is told not to prune, calendars and dependencies included', async () => {
    const { say, place, engine, plan } = await open({
      'extract.ts': jobFile('run: () => null'),
      'load.ts': jobFile(`after: ['extract'], run: () => null`),
      '_calendars/holidays.json': JSON.stringify({ dates: ['2020-01-01'] }),
    });
    await say('apply');
    place.remove('jobs/load.ts');
    place.remove('jobs/_calendars/holidays.json');
    expect(await plan('--no-prune')).toMatchObject({ changes: false });
    expect(await say('apply', '--no-prune')).toMatchObject({ code: 0 });
    expect(await engine.client.dependencies.get('load')).toMatchObject({ after: ['extract'] });
    expect([...(await engine.client.calendars.list()).keys()]).toEqual(['holidays']);
    expect(await say('apply')).toMatchObject({ code: 0 });
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['extract']);
  });

  test('changes nothing in a dry run', async () => {
    const { say, engine } = await open({ 'partners/poll.ts': POLL });
    const { code, out } = await say('apply', '--dry-run');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('+ partners/poll') as string });
    expect(await engine.client.jobs.list()).toEqual([]);
  });

  test('registers the good files beside a broken one, keeps what that one was, and exits 1 naming the line', async () => {
    const { say, place, engine } = await open({ 'partners/poll.ts': POLL, 'mail/send.ts': SEND });
    await say('apply');
    place.write('jobs/mail/send.ts', `import { defineJob } from 'belfry';\nexport default defineJob({ run: null });\n`);
    place.write('jobs/new.ts', SEND);
    const { code, err } = await say('apply');
    expect(code).toBe(1);
    expect(err).toMatch(/broken jobs\/mail\/send\.ts:2:\d+: /);
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual([
      'mail/send',
      'new',
      'partners/poll',
    ]);
  });

  test('does not take a folder that is not there, or that is empty, for the wish to remove every job', async () => {
    const { say, place, engine } = await open({ 'partners/poll.ts': POLL });
    await say('apply');
    place.remove('jobs/partners/poll.ts');
    expect(await say('apply')).toMatchObject({
      code: 1,
      err: expect.stringContaining('1 job would be removed') as string,
    });
    expect(await say('apply', '--jobs', 'nowhere')).toMatchObject({ code: 3 });
    expect(await engine.client.jobs.list()).toHaveLength(1);
    expect(await say('apply', '--allow-empty')).toMatchObject({ code: 0 });
    expect(await engine.client.jobs.list()).toEqual([]);
  });

  test('does not go through the gate while a queued kind would be without a worker', async () => {
    const { say, sayJson, engine } = await open({ 'partners/poll.ts': POLL });
    await engine.client.apply([job('mail/send', { queue: 'mail' }), job('old', { schedule: { every: '1h' } })]);
    const id = await engine.client.enqueue('mail/send', 1, { delay: '1h' });
    const { code, err } = await say('apply', '--gate');
    expect(code).toBe(1);
    expect(err).toContain('1 queued kind would have no worker in this version');
    expect(err).toContain('mail/send in queue mail: 1 run');
    expect((await engine.client.jobs.list()).map(({ record }) => record.name)).toEqual(['mail/send', 'old']);
    await engine.client.runs.cancel(id);
    expect(await sayJson('apply', '--gate')).toMatchObject({ applied: { added: ['partners/poll'] } });
  });
});
