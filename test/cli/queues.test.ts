import { beforeAll, describe, expect, test } from 'vitest';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, type TestFleet } from '../support/fleet.ts';

type Bulk = { id: string; state: string; done: number };
type Queue = { queue: string; ready: number; waiting: number; pause: { note: string } | null };

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet();
});

const untilDone = (id: string): Promise<Bulk> =>
  eventually(async () => {
    const { bulk } = await askJson<{ bulk: Bulk }>(['bulk', 'show', id], fleet);
    expect(bulk.state).toBe('done');
    return bulk;
  });
const queueOf = async (name: string): Promise<Queue | undefined> =>
  (await askJson<{ queues: Queue[] }>(['queues', 'list'], fleet)).queues.find(({ queue }) => queue === name);
const run = async (job: string): Promise<string> => (await ask(['jobs', 'run', job, '--force'], fleet)).out.trim();

describe('belfry queues', () => {
  test('shows what waits, and that nobody asks for it', async () => {
    await run('elsewhere');
    const { out, code } = await ask(['queues', 'list'], fleet);
    expect(out.split('\n')[0]).toMatch(
      /^QUEUE +READY +LIMITED +WAITING +RETRYING +RUNNING +OLDEST READY +PER MIN +WORKERS/,
    );
    expect(out).toMatch(/^elsewhere +1 +0 +0 +0 +0 +(?:now|.* ago) +0 +0$/m);
    expect(code).toBe(0);
  });

  test('pauses with a reason and resumes', async () => {
    expect(await ask(['queues', 'pause', 'elsewhere'], fleet)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--note is not given') as string,
    });
    const paused = await ask(['queues', 'pause', 'elsewhere', '--note', 'moving', '--until', '2h'], fleet);
    expect(paused.out).toBe('queue elsewhere is paused\n');
    expect((await ask(['queues', 'list', '--utc'], fleet)).out).toMatch(
      /elsewhere .* paused since .* until .* by tester: moving$/m,
    );
    expect((await queueOf('elsewhere'))?.pause).toMatchObject({ note: 'moving' });
    expect((await ask(['queues', 'resume', 'elsewhere'], fleet)).out).toBe('queue elsewhere is resumed\n');
    expect(await askJson(['queues', 'resume', 'elsewhere'], fleet)).toEqual({
      queue: { name: 'elsewhere', answer: 'unchanged' },
    });
  });

  test('moves, and drains when that was confirmed', async () => {
    await run('elsewhere');
    const moved = await askJson<{ bulk: Bulk }>(['queues', 'move', 'elsewhere', 'other', '--job', 'elsewhere'], fleet);
    expect((await untilDone(moved.bulk.id)).done).toBeGreaterThan(0);
    expect(await queueOf('elsewhere')).toMatchObject({ ready: 0 });
    const asked = await ask(['queues', 'drain', 'other'], fleet);
    expect(asked).toMatchObject({
      code: 2,
      err: expect.stringMatching(/deletes the \d+ runs that wait in other/) as string,
    });
    expect((await queueOf('other'))?.ready).toBeGreaterThan(0);
    const drained = await askJson<{ bulk: Bulk }>(['queues', 'drain', 'other', '--yes', '--note', 'test'], fleet);
    await untilDone(drained.bulk.id);
    expect(await queueOf('other')).toMatchObject({ ready: 0 });
    expect(await ask(['queues', 'drain', 'nowhere', '--yes'], fleet)).toMatchObject({ code: 3 });
    expect(await ask(['queues', 'move', 'other', 'x', '--all'], fleet)).toMatchObject({ code: 2 });
  });
});

describe('belfry bulk', () => {
  test('starts, shows, lists and cancels', async () => {
    await run('elsewhere');
    const started = await ask(
      ['bulk', 'start', 'cancel', '--queue', 'elsewhere', '--note', 'wrong', '--rate', '10/1s'],
      fleet,
    );
    const id = started.out.split('\n')[0] as string;
    expect(started.out).toContain(`belfry bulk show ${id}`);
    await untilDone(id);
    const shown = await ask(['bulk', 'show', id, '--utc'], fleet);
    expect(shown.out).toMatch(/^runs +waiting\|ready\|retrying, queue elsewhere$/m);
    expect(shown.out).toMatch(/^state +done, 100 %$/m);
    expect(shown.out).toMatch(/^rate +10 a second$/m);
    expect((await ask(['bulk', 'list'], fleet)).out).toMatch(new RegExp(`^${id} +cancel +done +100 % +1 +0 `, 'm'));
    expect((await ask(['bulk', 'cancel', id], fleet)).out).toMatch(/^state +done, 100 %$/m);
    expect(await ask(['bulk', 'cancel', 'none'], fleet)).toMatchObject({ code: 3 });
    expect(await ask(['bulk', 'show', 'none'], fleet)).toMatchObject({ code: 3 });
  });

  test.each([
    [['cancel']],
    [['cancle', '--all']],
    [['delete', '--all']],
    [['move', '--queue', 'x']],
    [['retry', '--state', 'ready']],
    [['retry', '--state', 'dad']],
    [['cancel', '--queue', 'x', '--rate', 'fast']],
  ])('refuses %j', async (words) => {
    const { code, err } = await ask(['bulk', 'start', ...words], fleet);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: .*\n.*hint: /);
  });
});

describe('belfry dead', () => {
  test('lists, shows, exports, redrives and deletes', async () => {
    const { run: failed } = await askJson<{ run: { id: string } }>(['jobs', 'run', 'fails', '--wait'], fleet);
    const { deadLetters } = await askJson<{ deadLetters: { id: string }[] }>(
      ['dead', 'list', '--error', 'SUCH partner'],
      fleet,
    );
    expect(deadLetters.map(({ id }) => id)).toEqual([failed.id]);
    expect((await ask(['dead', 'list', '--queue', 'elsewhere'], fleet)).out).toBe('no dead letters\n');
    expect((await ask(['dead', 'list', '--since', '1h'], fleet)).out).toMatch(/ fails +dead .*no such partner$/m);
    expect((await ask(['dead', 'show', failed.id], fleet)).out).toContain('no such partner');
    expect(await ask(['dead', 'show', 'none'], fleet)).toMatchObject({ code: 3 });
    const exported = await ask(['dead', 'export', '--job', 'fails'], fleet);
    expect(JSON.parse(exported.out)).toMatchObject({ id: failed.id, job: 'fails' });
    const redriven = await ask(['dead', 'redrive', failed.id, 'nope', '--json'], fleet);
    expect(redriven).toMatchObject({ code: 3, err: 'nope: there is no such dead letter\n' });
    const { bulk } = JSON.parse(redriven.out) as { bulk: Bulk };
    expect((await untilDone(bulk.id)).done).toBe(1);
    await eventually(async () => {
      const { deadLetters: again } = await askJson<{ deadLetters: { id: string }[] }>(['dead', 'list'], fleet);
      expect(again.map(({ id }) => id)).not.toContain(failed.id);
      expect(again).toHaveLength(1);
    });
    expect(await ask(['dead', 'delete', '--all'], fleet)).toMatchObject({ code: 2 });
    expect(await ask(['dead', 'redrive'], fleet)).toMatchObject({ code: 2 });
    for (const act of [['redrive'], ['delete', '--yes']]) {
      const { code, out, err } = await ask(['dead', ...act, 'nope', failed.id], fleet);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toContain(`no dead letter "nope", "${failed.id}"`);
    }
    const deleted = await askJson<{ bulk: Bulk }>(['dead', 'delete', '--all', '--yes'], fleet);
    await untilDone(deleted.bulk.id);
    expect(await askJson(['dead', 'list'], fleet)).toEqual({ deadLetters: [], cursor: null });
  });
});

test('belfry workers shows slots and queues', async () => {
  const { out, code } = await ask(['workers'], fleet);
  expect(out).toMatch(/^WORKER +POOL .*\n\S+ +default .* running +\d\/5 .* default$/m);
  expect(await askJson(['workers'], fleet)).toMatchObject({
    workers: [{ queues: ['default'], slots: 5, order: 'weighted' }],
  });
  expect(code).toBe(0);
});
