import { beforeAll, describe, expect, test } from 'vitest';
import { runBelfry } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';

type Job = { name: string; nextFireTime: string | null; schedule: Record<string, unknown> | null };
type Run = { id: string; job: string; state: string; result: unknown; attempts: number; payload: unknown };

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet();
});

describe('belfry jobs list', () => {
  test('shows each job with its schedule, its next fire time and its description', async () => {
    const now = Date.now();
    const { code, out } = await ask(['jobs', 'list', '--utc'], { ...fleet, now });
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^JOB {2,}SCHEDULE {2,}NEXT {2,}STATE {2,}DESCRIPTION$/);
    const hourly = lines.find((line) => line.startsWith('hourly')) ?? '';
    expect(hourly).toMatch(
      /30 \* \* \* \* \(Europe\/Berlin\) {2}\d{4}-\d\d-\d\d \d\d:30:00Z {2}in .* new {2,}Fires each hour in Berlin$/,
    );
    expect(lines.map((line) => line.split(' ')[0]).slice(1, -1)).toEqual([
      'echo',
      'elsewhere',
      'fails',
      'hourly',
      'waits',
    ]);
    expect(code).toBe(0);
  });

  test('answers JSON with instants in ISO 8601', async () => {
    const { jobs } = await askJson<{ jobs: Job[] }>(['jobs', 'list'], fleet);
    expect(jobs.map(({ name }) => name)).toEqual(['echo', 'elsewhere', 'fails', 'hourly', 'waits']);
    const hourly = jobs.find(({ name }) => name === 'hourly');
    expect(hourly).toMatchObject({
      queue: 'default',
      owner: 'tests@example.com',
      sloLagMs: 90_000,
      timeoutMs: 600_000,
      limits: [{ key: 'job:hourly', rate: { count: 20, periodMs: 1_000 } }],
      schedule: { cron: '30 * * * *', timezone: 'Europe/Berlin', jitterMs: 5_000, overlap: 'skip', catchUp: 'latest' },
      lastSuccess: null,
    });
    expect(hourly?.nextFireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:30:00\.000Z$/);
    expect(jobs.find(({ name }) => name === 'echo')?.schedule).toBeNull();
  });
});

describe('belfry jobs show', () => {
  test('shows the policies and the next fire times, an hour apart', async () => {
    const { out, code } = await ask(['jobs', 'show', 'hourly', '--utc'], fleet);
    expect(out).toMatch(/^schedule {2,}30 \* \* \* \* \(Europe\/Berlin\)$/m);
    expect(out).toMatch(/^jitter {2,}up to 5s$/m);
    expect(out).toMatch(/^limits {2,}job:hourly: 20 per 1s$/m);
    expect(out).toMatch(/^timeout {2,}10m$/m);
    expect(out).toContain('NEXT FIRE TIMES');
    expect(code).toBe(0);
    const { job } = await askJson<{ job: { upcoming: string[]; ledger: unknown[] } }>(
      ['jobs', 'show', 'hourly'],
      fleet,
    );
    const times = job.upcoming.map((at) => Date.parse(at));
    expect(times.slice(1).map((at, i) => at - (times[i] ?? 0))).toEqual([3_600_000, 3_600_000, 3_600_000, 3_600_000]);
    expect(job.ledger).toEqual([]);
  });

  test('answers 3 for a job that is not there, with the nearest name', async () => {
    const text = await ask(['jobs', 'show', 'hurly'], fleet);
    expect(text.err).toBe('error: no job named "hurly" is registered\nhint: did you mean hourly?\n');
    expect(text.code).toBe(3);
    const json = await ask(['jobs', 'show', 'hurly', '--json'], fleet);
    expect(JSON.parse(json.out)).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'no job named "hurly" is registered',
        hint: 'did you mean hourly?',
        field: 'job',
      },
    });
    expect(json.code).toBe(3);
  });
});

describe('belfry jobs run', () => {
  test('starts a run with a payload and, told to wait, answers its result and shows its log', async () => {
    const { code, out, err } = await ask(['jobs', 'run', 'echo', '--payload', '{"a":1}', '--wait'], fleet);
    expect(out).toMatch(/^[\da-f-]{36} succeeded\n\{"a":1\}\n$/);
    expect(err).toContain('got it payload={"a":1}');
    expect(code).toBe(0);
  });

  test('answers the id of the run when it does not wait', async () => {
    const { out } = await ask(['jobs', 'run', 'echo'], fleet);
    expect(out).toMatch(/^[\da-f-]{36}\n$/);
    const { run } = await askJson<{ run: Run }>(['jobs', 'run', 'echo'], fleet);
    expect(run).toEqual({ id: expect.stringMatching(/^[\da-f-]{36}$/) as string, job: 'echo' });
  });

  test('exits 1 when the run that it waited for did not succeed, and says why', async () => {
    const { code, out, err } = await ask(['jobs', 'run', 'fails', '--wait'], fleet);
    expect(out).toMatch(/ dead: no such partner\n$/);
    expect(err).toContain('about to fail');
    expect(code).toBe(1);
    const { run } = await askJson<{ run: Run }>(['jobs', 'run', 'fails', '--wait'], fleet);
    expect(run).toMatchObject({ state: 'dead', attempts: 1, error: { message: 'no such partner' } });
  });

  test('reads the payload from standard input', async () => {
    const { run } = await askJson<{ run: Run }>(['jobs', 'run', 'echo', '--payload', '-', '--wait'], {
      ...fleet,
      input: '{"from":"input"}',
    });
    expect(run).toMatchObject({ state: 'succeeded', payload: { from: 'input' }, result: { from: 'input' } });
  });

  test('reads the payload from a file', async () => {
    fleet.place.write('payload.json', '{"from":"a file"}');
    const { stdout, code } = await runBelfry(
      fleet.place,
      ['jobs', 'run', 'echo', '--payload', '@payload.json', '--wait', '--json'],
      fleet.variables,
    );
    expect(JSON.parse(stdout)).toMatchObject({ run: { result: { from: 'a file' } } });
    expect(code).toBe(0);
  });

  test('makes one run of a unique key, shows until when it may start, and explain says so', async () => {
    const flags = ['--unique-key', 'report', '--delay', '1h', '--deadline', '10m'];
    const { run } = await askJson<{ run: Run }>(['jobs', 'run', 'elsewhere', ...flags], fleet);
    expect(run).toEqual({ id: expect.any(String) as string, job: 'elsewhere', outcome: 'enqueued' });
    const again = await ask(['jobs', 'run', 'elsewhere', ...flags], fleet);
    expect(again).toMatchObject({ code: 0, out: `${run.id}\n`, err: 'no run was made: this one stands for it\n' });
    const shown = await askJson<{ run: Run }>(['runs', 'show', run.id], fleet);
    expect(shown.run).toMatchObject({ uniqueKey: 'report', startBy: expect.stringMatching(/Z$/) as string });
    expect((await ask(['explain', run.id], fleet)).out).toContain('it is cancelled if it has not started by');
    await ask(['runs', 'cancel', run.id], fleet);
    const forced = await ask(['jobs', 'run', 'elsewhere', '--delay', '1h', '--force'], fleet);
    expect(forced).toMatchObject({ code: 2, err: expect.stringContaining('--force') as string });
  });

  test.each([['{a:1}'], ['@none.json']])('refuses the payload %s with exit 2', async (payload) => {
    const { code, err } = await ask(['jobs', 'run', 'echo', '--payload', payload], fleet);
    expect(err).toContain('error: --payload');
    expect(err).toContain('hint: ');
    expect(code).toBe(2);
  });

  test('refuses to run beside a live run of the schedule, unless it is forced', async () => {
    const first = (await ask(['jobs', 'run', 'waits'], fleet)).out.trim();
    const refused = await ask(['jobs', 'run', 'waits'], fleet);
    expect(refused.err).toContain(`its run ${first} still lives`);
    expect(refused.err).toContain('--force');
    expect(refused.code).toBe(1);
    const forced = await ask(['jobs', 'run', 'waits', '--force'], fleet);
    expect(forced.code).toBe(0);
    for (const id of [first, forced.out.trim()]) await ask(['runs', 'cancel', id], fleet);
    await eventually(async () => {
      const { runs } = await askJson<{ runs: Run[] }>(
        ['runs', 'list', '--job', 'waits', '--state', 'cancelled'],
        fleet,
      );
      expect(runs).toHaveLength(2);
    });
  });
});
