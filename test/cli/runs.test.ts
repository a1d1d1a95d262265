import { beforeAll, describe, expect, test } from 'vitest';
import { runBelfry } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';

type Run = { id: string; job: string; state: string; startedAt: string | null; worker: string | null };

let fleet: TestFleet;
let dead: string;
beforeAll(async () => {
  fleet = await startFleet();
  dead = (await askJson<{ run: Run }>(['jobs', 'run', 'fails', '--wait'], fleet)).run.id;
  await ask(['jobs', 'run', 'echo', '--payload', '{"a":1}', '--wait'], fleet);
});

const start = async (job: string): Promise<string> => (await ask(['jobs', 'run', job, '--force'], fleet)).out.trim();

const untilState = (id: string, state: string): Promise<Run> =>
  eventually(async () => {
    const { run } = await askJson<{ run: Run }>(['runs', 'show', id], fleet);
    expect(run.state).toBe(state);
    return run;
  });

describe('belfry runs list', () => {
  test('shows the runs with their states and errors', async () => {
    const { out, code } = await ask(['runs', 'list', '--utc'], fleet);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^RUN {2,}JOB {2,}STATE {2,}FIRE TIME {2,}TOOK {2,}ATTEMPT {2,}ERROR$/);
    expect(lines.find((line) => line.startsWith(dead))).toMatch(
      / fails {2,}dead {2,}\d{4}-.*Z {2,}.* {2}1 {2,}no such partner$/,
    );
    expect(code).toBe(0);
  });

  test('filters by job, by state, by age and by number', async () => {
    const list = async (...words: string[]): Promise<Run[]> =>
      (await askJson<{ runs: Run[] }>(['runs', 'list', ...words], fleet)).runs;
    expect((await list('--state', 'dead')).map(({ id }) => id)).toEqual([dead]);
    expect((await list('--job', 'echo')).map(({ job, state }) => [job, state])).toEqual([['echo', 'succeeded']]);
    expect(await list('--limit', '1')).toHaveLength(1);
    expect(await list('--since', '1h', '--job', 'fails')).toHaveLength(1);
    expect(await list('--since', '0s', '--job', 'fails')).toEqual([]);
    expect(await list('--job', 'hourly')).toEqual([]);
  });

  test('says so when there is none, and answers 3 for a job that is not there', async () => {
    expect((await ask(['runs', 'list', '--job', 'hourly'], fleet)).out).toBe('no runs\n');
    const { code, err } = await ask(['runs', 'list', '--job', 'ecko'], fleet);
    expect(err).toContain('did you mean echo?');
    expect(code).toBe(3);
  });

  test('as a process writes JSON that is nothing but JSON', async () => {
    const { stdout, stderr, code } = await runBelfry(
      fleet.place,
      ['runs', 'list', '--state', 'dead', '--since', '24h', '--json'],
      fleet.variables,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [{ id: dead, job: 'fails', error: { message: 'no such partner' } }],
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('belfry runs show', () => {
  test('shows everything of a finished run', async () => {
    const { out, code } = await ask(['runs', 'show', dead], fleet);
    expect(out).toMatch(new RegExp(`^run {2,}${dead}$`, 'm'));
    expect(out).toMatch(/^state {2,}dead$/m);
    expect(out).toMatch(/^attempts {2,}1$/m);
    expect(out).toContain('no such partner');
    expect(code).toBe(0);
  });

  test('answers 3 for a run that is not there', async () => {
    const { code, err } = await ask(['runs', 'show', 'nothing@1'], fleet);
    expect(err).toContain('error: no run nothing@1');
    expect(code).toBe(3);
  });
});

describe('belfry runs logs', () => {
  test('prints the lines of a finished run, for people and as JSON lines', async () => {
    expect((await ask(['runs', 'logs', dead, '--utc'], fleet)).out).toMatch(/^\d{4}-.*Z warn {2}about to fail\n$/);
    const json = JSON.parse((await ask(['runs', 'logs', dead, '--json'], fleet)).out) as object;
    expect(json).toMatchObject({ level: 'warn', message: 'about to fail', at: expect.any(Number) as number });
  });

  test('follows a run to its end', async () => {
    const id = await start('waits');
    const following = ask(['runs', 'logs', id, '-f'], fleet);
    await untilState(id, 'running');
    await ask(['runs', 'cancel', id], fleet);
    const { out, code } = await following;
    expect(out).toMatch(/info {2}waiting\n$/);
    expect(code).toBe(0);
    await untilState(id, 'cancelled');
  });

  test('answers 3 for a run that is not there', async () => {
    expect((await ask(['runs', 'logs', 'nothing', '-f'], fleet)).code).toBe(3);
  });
});

describe('belfry runs cancel', () => {
  test('stops a running one through its worker', async () => {
    const id = await start('waits');
    const { worker, startedAt } = await untilState(id, 'running');
    expect(worker).not.toBeNull();
    expect(startedAt).not.toBeNull();
    const { out, code } = await ask(['runs', 'cancel', id], fleet);
    expect(out).toBe(`${id} runs; its worker was told to stop it\n`);
    expect(code).toBe(0);
    await untilState(id, 'cancelled');
  });

  test('takes a waiting one away at once', async () => {
    const id = await start('elsewhere');
    await untilState(id, 'ready');
    expect(await askJson(['runs', 'cancel', id], fleet)).toEqual({ run: { id, answer: 'cancelled' } });
    await untilState(id, 'cancelled');
  });

  test('refuses a finished one', async () => {
    const { code, err } = await ask(['runs', 'cancel', dead], fleet);
    expect(err).toContain(`error: run ${dead} `);
    expect(code).toBe(2);
  });
});

describe('belfry runs retry', () => {
  test('makes a new run with the same payload', async () => {
    const again = (await ask(['runs', 'retry', dead], fleet)).out.trim();
    expect(again).not.toBe(dead);
    await untilState(again, 'dead');
  });

  test('refuses a live one and says what to do first', async () => {
    const id = await start('elsewhere');
    const { code, err } = await ask(['runs', 'retry', id], fleet);
    expect(err).toContain(`hint: cancel it first: belfry runs cancel ${id}`);
    expect(code).toBe(2);
    await ask(['runs', 'cancel', id], fleet);
  });
});
