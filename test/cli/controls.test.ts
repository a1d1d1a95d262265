import { describe, expect, test } from 'vitest';
import { openCliNamespace, type CliNamespace } from '../support/cli_namespace.ts';
import { job } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();
const HOURLY = { cron: '0 * * * *' };

const open = (): Promise<CliNamespace> =>
  openCliNamespace(redis, [
    job('report', { schedule: HOURLY }),
    job('tokyo', { schedule: { at: '2090-11-24T02:30', timezone: 'Asia/Tokyo' } }),
    job('plain'),
  ]);

type Job = { pause: { by: string; until: string | null } | null; nextFireTime: string; ledger: { verdict: string }[] };
const jobOf = async ({ sayJson }: CliNamespace): Promise<Job> =>
  (await sayJson<{ job: Job }>(['jobs', 'show', 'report'])).job;

describe('belfry jobs pause and resume', () => {
  test('show who paused it, why and until when', async () => {
    const cli = await open();
    const now = Date.now();
    const paused = await cli.say(['jobs', 'pause', 'report', '--note', 'the\nwarehouse moves', '--until', '2h'], {
      now,
    });
    expect(paused).toEqual({ code: 0, out: 'report is paused\n', err: '' });
    expect((await jobOf(cli)).pause).toMatchObject({
      by: 'tester',
      note: 'the warehouse moves',
      until: new Date(now + 7_200_000).toISOString(),
    });
    expect((await cli.say(['jobs', 'list'])).out).toMatch(/^report .* paused/m);
    expect((await cli.say(['jobs', 'show', 'report', '--utc'])).out).toMatch(
      /^paused +since .*Z until .*Z by tester: the warehouse moves$/m,
    );
    expect((await cli.say(['jobs', 'resume', 'report', '--by', 'ada'])).out).toBe('report is resumed\n');
    expect((await cli.say(['jobs', 'resume', 'report'])).out).toBe('report was not paused\n');
    expect((await jobOf(cli)).pause).toBeNull();
  });

  test.each([
    [['jobs', 'pause', 'report'], 2, '--note is not given'],
    [['jobs', 'pause', 'report', '--note', 'x', '--until', 'soon'], 2, '--until is "soon"'],
    [
      ['jobs', 'pause', 'report', '--note', 'x', '--until', '2020-01-01T00:00:00Z'],
      2,
      '2020-01-01T00:00:00.000Z, which',
    ],
    [['jobs', 'pause', 'plain', '--note', 'x'], 2, 'plain has no schedule of its own'],
    [['jobs', 'pause', 'reprot', '--note', 'x'], 3, 'no job named "reprot"'],
    [['jobs', 'resume', 'reprot'], 3, 'no job named "reprot"'],
  ])('answer %j with %i', async (asked, code, message) => {
    const { say } = await open();
    const answer = await say(asked);
    expect(answer.err).toContain(message);
    expect(answer.code).toBe(code);
  });
});

describe('belfry jobs succeed', () => {
  test('marks a job, its next fire time, or a run', async () => {
    const cli = await open();
    const { nextFireTime } = await jobOf(cli);
    expect((await cli.say(['jobs', 'succeed', 'report'])).out).toBe('report is marked as succeeded\n');
    expect(await cli.sayJson(['jobs', 'succeed', `report@${nextFireTime}`])).toMatchObject({
      marked: { as: 'fireTime' },
    });
    const after = await jobOf(cli);
    expect(Date.parse(after.nextFireTime) - Date.parse(nextFireTime)).toBe(3_600_000);
    expect(after.ledger).toMatchObject([{ verdict: 'marked', schedule: 'report' }]);
    const id = await cli.engine.client.enqueue('plain', null, { id: 'mine' });
    expect(await cli.sayJson(['jobs', 'succeed', id])).toEqual({ marked: { target: 'mine', as: 'run' } });
    expect(await cli.engine.client.runs.get('mine')).toMatchObject({ state: 'succeeded' });
  });

  test('reads a time without an offset in the zone of the schedule, as explain does', async () => {
    const { sayJson } = await open();
    const target = 'tokyo@2090-11-24T02:30';
    expect(await sayJson(['jobs', 'succeed', target])).toEqual({ marked: { target, as: 'fireTime' } });
    const { job: shown } = await sayJson<{ job: Job }>(['jobs', 'show', 'tokyo']);
    expect(shown.ledger).toMatchObject([{ verdict: 'marked', from: '2090-11-23T17:30:00.000Z' }]);
  });

  test.each([
    ['nobody', 3, 'there is no job and no run "nobody"'],
    ['report@2020-01-01T00:00:00Z', 2, 'is not the next fire time of report'],
    ['report@noon', 2, 'the fire time is "noon"'],
    ['nobody@2020-01-01T00:00:00Z', 3, 'no schedule "nobody"'],
  ])('answers %s with %i', async (target, code, message) => {
    const { say } = await open();
    const answer = await say(['jobs', 'succeed', target]);
    expect(answer.err).toContain(message);
    expect(answer.code).toBe(code);
  });
});

describe('belfry freeze', () => {
  test('is told at the head of the jobs until it is lifted', async () => {
    const { say, sayJson } = await open();
    expect((await say(['freezes'])).out).toBe('nothing is frozen\n');
    expect(await say(['unfreeze'])).toMatchObject({ code: 3 });
    const { out } = await say(['freeze', '--why', 'the database moves', '--until', '2h', '--by', 'ada']);
    expect(out).toMatch(/^frozen: \S+ from .* until .* by ada: the database moves\n$/);
    expect((await say(['jobs', 'list'])).out).toMatch(/^frozen \S+ from .* by ada: the database moves\nJOB /);
    expect(await sayJson(['jobs', 'list'])).toMatchObject({ freezes: [{ by: 'ada' }] });
    expect((await say(['freezes'])).out).toMatch(/^holds {4}/);
    await say(['freeze', '--why', 'again', '--from', '1h']);
    expect(await say(['unfreeze'])).toMatchObject({ code: 2, err: expect.stringContaining('say which: ') as string });
    const { freezes } = await sayJson<{ freezes: { id: string; by: string }[] }>(['freezes']);
    for (const { id } of freezes) expect((await say(['unfreeze', id])).out).toBe(`${id} is lifted\n`);
    expect((await say(['jobs', 'list'])).out).toMatch(/^JOB /);
    expect((await say(['freezes'])).out).toMatch(/^over {5}.* \(lifted by tester\)$/m);
  });

  test('asks for the reason', async () => {
    const { say } = await open();
    expect(await say(['freeze'])).toMatchObject({ code: 2, err: expect.stringContaining('--why') as string });
  });
});

describe('belfry backfill', () => {
  const RANGE = ['--from', '2026-01-01', '--to', '2026-01-02'];

  test('counts, begins, lists and cancels', async () => {
    const { say, sayJson } = await open();
    const dry = await say(['backfill', 'report', ...RANGE, '--dry-run', '--utc']);
    expect(dry.out).toBe('24 fire times, 2026-01-01 00:00:00Z to 2026-01-01 23:00:00Z\n');
    expect((await say(['backfill', 'list'])).out).toBe('no backfill is under way\n');
    const { backfill } = await sayJson<{ backfill: { id: string; count: number } }>([
      'backfill',
      'report',
      ...RANGE,
      '--rate',
      '10/1m',
      '--overlap',
      'skip',
      '--note',
      'lost',
    ]);
    expect(backfill).toMatchObject({ count: 24, schedule: 'report' });
    expect((await say(['backfill', 'list', '--utc'])).out).toMatch(
      /\n\S+ +backfill +2026-01-01 00:00:00Z +2026-01-02 00:00:00Z +2026-01-01 00:00:00Z +0 +skip +10\/1m +tester\n$/,
    );
    expect(await sayJson(['backfill', 'list'])).toMatchObject({
      backfills: [{ id: backfill.id, by: 'tester', note: 'lost' }],
    });
    expect((await say(['backfill', 'cancel', backfill.id])).out).toBe(`${backfill.id} is cancelled\n`);
    expect(await say(['backfill', 'cancel', backfill.id])).toMatchObject({ code: 3 });
  });

  test('shows how far it is until it is done', async () => {
    const { engine, say } = await open();
    await engine.startScheduler();
    const { code, out, err } = await say([
      'backfill',
      'report',
      ...RANGE,
      '--overlap',
      'allow',
      '--rate',
      '1000/1s',
      '--watch',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\S+\n24 fire times\ndone: all fire times are released\n$/);
    expect(err).toMatch(/^\d+ of 24 released, next 2026-01-01 /);
  });

  test('that is cancelled while somebody watches ends the watching with 1', async () => {
    const { engine, say } = await open();
    await engine.startScheduler();
    const watching = say(['backfill', 'report', ...RANGE, '--overlap', 'allow', '--rate', '1/1h', '--watch', '--json']);
    await engine.hears('schedule.verdict', ({ word }) => word === 'backfilled');
    const [backfill] = await engine.client.backfills.list();
    await engine.client.backfills.cancel(backfill?.id ?? '');
    const { code, out } = await watching;
    expect(code).toBe(1);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
      backfill: { id: backfill?.id, answer: 'cancelled' },
    });
  });

  test('whose schedule is deleted while somebody watches ends the watching with 1', async () => {
    const { engine, say } = await open();
    await engine.startScheduler();
    const schedule = { every: '1h' };
    await engine.client.schedules.save([{ job: 'report', key: 'eu', schedule }], 'create');
    const watching = say(['backfill', 'report:eu', ...RANGE, '--overlap', 'allow', '--rate', '1/1h', '--watch']);
    await engine.hears('schedule.verdict', ({ word }) => word === 'backfilled');
    await engine.client.schedules.delete(['report:eu']);
    expect(await watching).toMatchObject({
      code: 1,
      out: expect.stringMatching(/gone: its schedule was deleted\n$/) as string,
    });
  });

  test.each([
    [['backfill'], 2, 'schedule is not given'],
    [['backfill', 'report'], 2, '--from is not given'],
    [['backfill', 'report', '--from', '2026-01-01T00:00'], 2, '--from is "2026-01-01T00:00"'],
    [['backfill', 'report', '--from', '2026-01-02', '--to', '2026-01-01'], 2, 'the range is empty'],
    [['backfill', 'report', ...RANGE, '--overlap', 'cancel'], 2, '--overlap is "cancel"'],
    [['backfill', 'report', ...RANGE, '--rate', 'fast'], 2, 'rate is "fast"'],
    [['backfill', 'nobody', ...RANGE], 3, 'no schedule "nobody"'],
    [['backfill', 'plain', ...RANGE], 3, 'no schedule "plain"'],
  ])('answers %j with %i', async (asked, code, message) => {
    const { say } = await open();
    const answer = await say(asked);
    expect(answer.err).toContain(message);
    expect(answer.code).toBe(code);
  });
});

describe('belfry calendars', () => {
  test('are set, imported, shown and deleted', async () => {
    const { say, sayJson, place } = await open();
    expect((await say(['calendars', 'list'])).out).toBe('no calendars\n');
    const set = ['calendars', 'set', 'days-off', '--weekdays', 'SAT,SUN', '--yearly', '12-25', '--date', '2026-05-14'];
    expect((await say(set)).out).toBe('days-off is saved; 0 schedules were planned anew\n');
    place.write(
      'x.ics',
      'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
    );
    expect((await say(['calendars', 'import', 'x.ics', '--name', 'xmas'])).code).toBe(0);
    expect(await sayJson(['calendars', 'show', 'xmas'])).toMatchObject({ calendar: { dates: ['2026-12-25'] } });
    expect((await say(['calendars', 'show', 'days-off'])).out).toMatch(/^yearly +12-25$/m);
    expect((await say(['calendars', 'list'])).out).toMatch(/^days-off +1 +1 +SAT,SUN +-\nxmas +1 +0 +- +-$/m);
    expect((await say(['calendars', 'delete', 'xmas'])).out).toBe('xmas is deleted\n');
    expect(await say(['calendars', 'show', 'xmas'])).toMatchObject({ code: 3 });
  });

  test.each([
    [['calendars', 'set', 'x'], 'leaves nothing out'],
    [['calendars', 'set', 'x', '--date', '2026-02-30'], '2026-02-30'],
    [['calendars', 'set', 'a b', '--weekdays', 'SAT'], 'a b'],
    [['calendars', 'import', 'none.ics', '--name', 'x'], 'none.ics cannot be read'],
  ])('answer 2 to %j', async (asked, message) => {
    const { say } = await open();
    const answer = await say(asked);
    expect(answer.err).toContain(message);
    expect(answer.code).toBe(2);
  });
});
