import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { jobFile, makePlace, runBelfry, startBelfry } from '../support/belfry_process.ts';
import { eventually } from '../support/eventually.ts';

const tick = (word: string): string =>
  jobFile(`description: 'Says a word', schedule: { every: '1s' }, run: ({ log }) => log.info('${word}')`);

describe('belfry dev', () => {
  test('brings its own Redis, shows the jobs and the URL, fires, and stops in good order', async () => {
    const place = makePlace({ 'chimes/quarter.ts': tick('ding') });
    const belfry = startBelfry(place, ['dev']);
    await belfry.untilSays('chimes/quarter: ding');
    const said = belfry.output();
    expect(said).toContain(`starting a private Redis (unix socket, AOF) in ${place.folder}/.belfry/redis`);
    expect(said).toMatch(/chimes\/quarter {2,}every 1s {2,}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .* Says a word\n/);
    expect(said).toMatch(/\nhttp:\/\/127\.0\.0\.1:\d+\n/);

    const list = await runBelfry(place, ['runs', 'list', '--job', 'chimes/quarter', '--state', 'succeeded', '--json']);
    expect((JSON.parse(list.stdout) as { runs: unknown[] }).runs.length).toBeGreaterThan(0);

    belfry.signal('SIGINT');
    expect(await belfry.ended).toBe(0);
    expect(belfry.output()).toMatch(/leads shard 0 no more: resigned[^]*a worker has stopped[^]*stopped/);
    const after = await runBelfry(place, ['jobs', 'list']);
    expect(after.stderr).toContain('no Belfry runs here');
  });

  test('keeps what it knew over a restart', async () => {
    const place = makePlace({ 'once.ts': jobFile(`run: () => 'kept'`) });
    const first = startBelfry(place, ['dev']);
    await first.url();
    const run = await runBelfry(place, ['jobs', 'run', 'once', '--wait', '--json']);
    const { id } = (JSON.parse(run.stdout) as { run: { id: string } }).run;
    first.signal('SIGTERM');
    await first.ended;
    await startBelfry(place, ['dev']).url();
    const shown = await runBelfry(place, ['runs', 'show', id, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ run: { id, result: 'kept' } });
  });

  test('a second one in the same folder says who runs there and exits 1', async () => {
    const place = makePlace();
    const first = startBelfry(place, ['dev']);
    await first.url();
    const second = await runBelfry(place, ['dev'], { BELFRY_PORT: '0' });
    expect(second.stderr).toContain(`error: pid ${first.pid} on `);
    expect(second.stderr).toContain(`in ${place.folder}/.belfry`);
    expect(second.stderr).toContain('hint: ');
    expect(second.code).toBe(1);
  });

  test('tells where a job file is broken, goes on with its last good version, and takes the mended one', async () => {
    const place = makePlace({ 'good.ts': tick('first') });
    place.write('jobs/bad.ts', 'export default {\n  run: 1 +\n};\n');
    const belfry = startBelfry(place, ['dev']);
    await belfry.untilSays('good: first');
    expect(belfry.output()).toMatch(/broken jobs\/bad\.ts:3:1: syntax error[^]*hint: /);

    place.write('jobs/good.ts', 'export default { oops');
    await belfry.untilSays(/error jobs\/good\.ts:1:\d+: syntax error/);
    const before = belfry.output().split('good: first').length;
    await eventually(() => {
      expect(belfry.output().split('good: first').length).toBeGreaterThan(before);
    });

    place.write('jobs/good.ts', tick('second'));
    await belfry.untilSays('good: second');
    place.write('jobs/bad.ts', tick('mended'));
    await belfry.untilSays('bad: mended');
    place.remove('jobs/bad.ts');
    await belfry.untilSays('1 removed');
  });

  test('takes the next free port when its own is taken, and says so', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const belfry = startBelfry(makePlace(), ['dev'], { BELFRY_PORT: String(port) });
    await belfry.untilSays(`port ${port} is taken, trying the next one`);
    expect(await belfry.url()).not.toBe(`http://127.0.0.1:${port}`);
    server.close();
  });

  test('without a jobs folder says which one and exits 3', async () => {
    const place = makePlace();
    const { code, stderr } = await runBelfry(place, ['dev'], { BELFRY_JOBS: 'nowhere', BELFRY_PORT: '0' });
    expect(stderr).toContain(`error: the jobs folder ${place.folder}/nowhere cannot be read`);
    expect(code).toBe(3);
  });

  test('hands its jobs the way to its Redis, its data and its command line', async () => {
    const names = ['BELFRY_REDIS_SOCKET', 'BELFRY_DATA', 'BELFRY_BIN'];
    const place = makePlace({
      'env.ts': jobFile(`run: () => ${JSON.stringify(names)}.map((name) => process.env[name])`),
    });
    await startBelfry(place, ['dev']).url();
    const { stdout } = await runBelfry(place, ['jobs', 'run', 'env', '--wait', '--json']);
    const [socket, data, bin] = (JSON.parse(stdout) as { run: { result: string[] } }).run.result;
    expect(socket).toMatch(/redis\.sock$/);
    expect(data).toBe(`${place.folder}/.belfry`);
    expect(bin).toMatch(/\/bin\/belfry\.js$/);
  });
});
