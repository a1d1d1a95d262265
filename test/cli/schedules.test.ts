import { describe, expect, test } from 'vitest';
import { openCliNamespace, type CliNamespace } from '../support/cli_namespace.ts';
import { job } from '../support/engine.ts';
import { entry, FAR } from '../support/entries.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis();

const open = (): Promise<CliNamespace> =>
  openCliNamespace(redis, [
    job('poll', { schedule: { cron: '30 9 * * MON-FRI', timezone: 'Europe/Berlin' } }),
    job('mail'),
  ]);

const ndjson = (...entries: unknown[]): string => entries.map((one) => `${JSON.stringify(one)}\n`).join('');

async function openSaved(): Promise<CliNamespace> {
  const cli = await open();
  const saved = await cli.say(['schedules', 'save', '-'], {
    input: ndjson(entry('a', { tags: ['red'] }), entry('b', { payload: { user: 1 } }), entry('c', { job: 'mail' })),
  });
  expect(saved).toEqual({ code: 0, out: '3 created\n', err: '' });
  return cli;
}

describe('belfry schedules save', () => {
  test('takes NDJSON, a JSON list and the body of the API, from a file or standard input', async () => {
    const { say, place } = await open();
    place.write('list.json', JSON.stringify([entry('a'), entry('b')], null, 2));
    expect((await say(['schedules', 'save', 'list.json'])).out).toBe('2 created\n');
    const body = JSON.stringify({ schedules: [entry('a'), entry('c')] });
    expect((await say(['schedules', 'save', '-'], { input: body })).out).toBe('1 created, 1 unchanged\n');
    const one = JSON.stringify(entry('a', { schedule: { every: '1h' } }));
    expect((await say(['schedules', 'save', '-'], { input: one })).out).toBe('1 updated\n');
    expect((await say(['schedules', 'save', '-'], { input: '\n' })).out).toBe('nothing to save\n');
  });

  test('names the line of each entry that it could not save, and saves the others', async () => {
    const { say, sayJson } = await open();
    const input = `${ndjson(entry('a'))}\n${ndjson(entry('b', { schedule: { cron: '* * *' } }), entry('c', { job: 'pol' }), entry('d'))}`;
    const { code, out, err } = await say(['schedules', 'save', '-'], { input });
    expect(out).toBe('2 created, 2 invalid\n');
    expect(err).toMatch(
      /^line 3 \(poll:b\): schedule\.cron .*\n {2}hint: .*\nline 4 \(pol:c\): no job named "pol" is registered\n {2}hint: did you mean poll\?\n$/,
    );
    expect(code).toBe(1);
    const json = await sayJson<{ counts: unknown; answers: unknown[] }>(
      ['schedules', 'save', '-', '--mode', 'create'],
      {
        input,
      },
    );
    expect(json.counts).toMatchObject({ exists: 2, invalid: 2 });
    expect(json.answers[1]).toMatchObject({ index: 1, line: 3, answer: 'invalid', error: { code: 'BAD_CRON' } });
  });

  test('fails for what the mode does not allow', async () => {
    const { say } = await openSaved();
    const { code, out, err } = await say(['schedules', 'save', '-', '--mode', 'update'], { input: ndjson(entry('z')) });
    expect([code, out, err]).toEqual([1, '1 missing\n', 'line 1 (poll:z): missing\n']);
  });

  test.each([
    [['schedules', 'save', 'none.json'], '', 'none.json cannot be read'],
    [['schedules', 'save', '-'], `${JSON.stringify(entry('a'))}\n{oops\n`, 'line:2 is not JSON'],
    [['schedules', 'save', '-'], '[1,', 'the list is not JSON'],
    [['schedules', 'save', '-', '--mode', 'replace'], '{}', '--mode is "replace"'],
  ])('answers 2 to %j with %j', async (asked, input, message) => {
    const { say } = await open();
    const { code, err } = await say(asked, { input });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain('hint: ');
    expect(code).toBe(2);
  });
});

describe('belfry schedules list and show', () => {
  test('show schedules with their rule, state and tags, and find them', async () => {
    const { say, sayJson } = await openSaved();
    const { out } = await say(['schedules', 'list', '--utc']);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^SCHEDULE +WHEN +NEXT +STATE +TAGS$/);
    expect(lines.find((line) => line.startsWith('poll:a'))).toMatch(
      /^poll:a +0 3 1 1 \* +\d{4}-01-01 03:00:00Z {2}in .* active +red$/,
    );
    expect(lines.find((line) => line.startsWith('poll '))).toContain('30 9 * * MON-FRI (Europe/Berlin)');
    const { schedules } = await sayJson<{ schedules: { id: string }[] }>(['schedules', 'list', '--job', 'mail']);
    expect(schedules).toMatchObject([{ id: 'mail:c', job: 'mail', key: 'c', schedule: FAR }]);
    expect((await say(['schedules', 'list', '--tag', 'none'])).out).toBe('no schedules\n');
    expect((await say(['schedules', 'list', '--job', 'mial'])).err).toContain('did you mean mail?');
  });

  test('go on where a page ended', async () => {
    const { sayJson, say } = await openSaved();
    const first = await sayJson<{ schedules: { id: string }[]; cursor: string }>(['schedules', 'list', '--limit', '3']);
    const rest = await sayJson<typeof first>(['schedules', 'list', '--cursor', first.cursor]);
    expect([...first.schedules, ...rest.schedules].map(({ id }) => id).sort()).toEqual([
      'mail:c',
      'poll',
      'poll:a',
      'poll:b',
    ]);
    expect((await say(['schedules', 'list', '--limit', '1'])).err).toContain('there are more: --cursor');
  });

  test('tell all of one, in words too', async () => {
    const { say } = await openSaved();
    const { out } = await say(['schedules', 'show', 'poll']);
    expect(out).toMatch(/^in words +At 09:30.*Monday.*Friday.*Berlin/im);
    expect((await say(['schedules', 'show', 'poll:b'])).out).toMatch(/^payload +\{"user":1\}$/m);
    expect(await say(['schedules', 'show', 'poll:z'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('hint') as string,
    });
  });
});

describe('belfry schedules pause, resume, run and delete', () => {
  test('act on ids, and say who did it', async () => {
    const { say, sayJson } = await openSaved();
    expect(await say(['schedules', 'pause', 'poll:a', 'poll:b', '--note', 'later'])).toMatchObject({
      code: 0,
      out: '2 paused\n',
    });
    expect((await say(['schedules', 'show', 'poll:a'])).out).toMatch(/^paused +since .* by tester: later$/m);
    const { schedules } = await sayJson<{ schedules: { id: string }[] }>(['schedules', 'list', '--state', 'paused']);
    expect(schedules.map(({ id }) => id).sort()).toEqual(['poll:a', 'poll:b']);
    expect((await say(['schedules', 'resume', 'poll:a', 'poll:c', '--by', 'ada'])).out).toBe('1 resumed, 1 missing\n');
    expect(await sayJson(['schedules', 'delete', 'poll:a', 'poll'])).toMatchObject({
      counts: { deleted: 1, invalid: 1 },
      answers: [{ id: 'poll:a', answer: 'done' }, { error: { code: 'BAD_USAGE' } }],
    });
  });

  test('act on what a filter finds, and on everything only when told so', async () => {
    const { say } = await openSaved();
    expect((await say(['schedules', 'pause', '--tag', 'red', '--note', 'x'])).out).toBe('1 paused\n');
    expect((await say(['schedules', 'delete', '--job', 'poll'])).out).toBe('2 deleted\n');
    for (const asked of [['delete'], ['delete', 'mail:c', '--all'], ['resume', '--all', '--tag', 'x']]) {
      expect(await say(['schedules', ...asked])).toMatchObject({ code: 2 });
    }
    expect((await say(['schedules', 'delete', '--all'])).out).toBe('1 deleted\n');
    expect((await say(['schedules', 'list'])).out).toMatch(/\npoll /);
  });

  test('start a run of any schedule', async () => {
    const { say, engine } = await openSaved();
    const { out, code } = await say(['schedules', 'run', 'poll:b']);
    expect(code).toBe(0);
    expect((await engine.client.runs.get(out.trim())).run).toMatchObject({ job: 'poll', payloadJson: '{"user":1}' });
  });

  test('ask for the reason of a pause', async () => {
    const { say } = await openSaved();
    expect(await say(['schedules', 'pause', 'poll:a'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--note') as string,
    });
  });
});
