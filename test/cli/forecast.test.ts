import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawForecast } from '../../src/cli/forecast_svg.ts';
import { forecast } from '../../src/core/forecast/forecast.ts';
import { compileTiming } from '../../src/core/time/timing.ts';
import { jobFile, makePlace } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { create } from '../support/entries.ts';
import { job, openEngine } from '../support/engine.ts';
import { startRedis } from '../support/redis.ts';

const FROM = '2026-11-23T00:00:00Z';
const OFFLINE = ['forecast', '--offline', '--utc', '--from', FROM];

type Answer = {
  from: string;
  minutes: number;
  schedules: number;
  total: number;
  overBudget: number | null;
  fires: number[];
  busiest: { at: string; fires: number; jobs: { job: string; fires: number }[] }[];
  pools: { name: string; has: number; peak: { slots: number; at: string }; slots: number[] }[];
  approximations: string[];
  left: { id: string; reason: string }[];
};

const scheduled = (schedule: string, more = ''): string => jobFile(`${more} schedule: ${schedule}, run: () => 1`);

const place = makePlace({
  'hourly.ts': scheduled(`{ cron: '0 * * * *' }`),
  'report.ts': scheduled(`{ cron: '0 9 * * MON' }`, `queue: 'heavy',`),
  'spread.ts': scheduled(`{ cron: '0 12 * * *', window: '10m' }`),
  'unscheduled.ts': jobFile('run: () => 1'),
});
place.write(
  'belfry.config.json',
  `{ "pools": { "default": { "queues": ["*"], "concurrency": 5 }, "heavy": { "queues": ["heavy"], "concurrency": 1 } } }`,
);

describe('belfry forecast', () => {
  test('answers fires and slots per minute of seven days', async () => {
    const answer = await askJson<Answer>(OFFLINE, { place });
    expect(answer).toMatchObject({ from: '2026-11-23T00:00:00.000Z', minutes: 10_080, schedules: 3, total: 176 });
    expect(answer.fires).toHaveLength(10_080);
    expect([answer.fires[0], answer.fires[1], answer.fires[9 * 60], answer.fires[12 * 60]]).toEqual([1, 0, 2, 1.1]);
    expect(answer.busiest[0]).toMatchObject({
      at: '2026-11-23T09:00:00.000Z',
      fires: 2,
      jobs: [
        { job: 'hourly', fires: 1 },
        { job: 'report', fires: 1 },
      ],
    });
    expect(answer.pools.map(({ name, has, peak }) => [name, has, peak.slots])).toEqual([
      ['default', 5, 2],
      ['heavy', 1, 1],
    ]);
    expect(answer.approximations).toEqual(['1 schedule with jitter or a window, spread evenly over it']);
  });

  test('shows people a row a day, the busiest minutes and the pools, within 80 columns', async () => {
    const { out, err, code } = await ask(OFFLINE, { place });
    const lines = out.split('\n');
    expect(Math.max(...lines.map((line) => Array.from(line).length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toContain('fires per minute');
    expect(lines[1]).toBe(`${' '.repeat(12)}00    03    06    09    12    15    18    21`);
    expect(lines[2]).toMatch(/^Mon 23 Nov {2}▄·▄·▄·▄·▄·▄·▄·▄·▄·█·▄·▄·▅·(?:▄·){11} {2}2 at 09:00$/);
    expect(lines[8]).toMatch(/^Sun 29 Nov/);
    expect(out).toMatch(/^Mon 23 Nov 09:00 {2}2 {6}hourly, report$/m);
    expect(out).toMatch(/^heavy +1 +Mon 23 Nov 09:00 +1 +-$/m);
    expect(out).toContain('176 fires of 3 schedules in 7 days\n');
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('exits 1 when a minute has more fires than the budget', async () => {
    const over = await ask([...OFFLINE, '--budget', '1'], { place });
    expect(over.out).toContain('budget 1: 8 minutes have more fires');
    expect(over.code).toBe(1);
    const within = await ask([...OFFLINE, '--budget', '2'], { place });
    expect(within.out).toContain('budget 2: no minute has more fires');
    expect(within.code).toBe(0);
  });

  test('counts the part of one pool, and a longer run in each of its minutes', async () => {
    const heavy = await askJson<Answer>([...OFFLINE, '--pool', 'heavy', '--duration', '3m', '--days', '1'], { place });
    expect(heavy).toMatchObject({ minutes: 1_440, schedules: 3, total: 1 });
    expect(heavy.pools.map(({ name }) => name)).toEqual(['heavy']);
    expect(heavy.pools[0]?.slots.flatMap((slots, minute) => (slots > 0 ? [minute] : []))).toEqual([540, 541, 542]);
    const unknown = await ask([...OFFLINE, '--pool', 'havy'], { place });
    expect(unknown.err).toContain('did you mean heavy?');
    expect(unknown.code).toBe(2);
  });

  test('goes on without a schedule that cannot be planned, and says so', async () => {
    const other = makePlace({
      'a.ts': scheduled(`{ cron: '0 9 * * *', except: 'holidays' }`),
      'b.ts': scheduled(`{ every: '1h' }`),
    });
    const { out, err, code } = await ask(OFFLINE, { place: other });
    expect(err).toContain('note: a is left out: ');
    expect(out).toContain('168 fires of 1 schedule in 7 days');
    expect(code).toBe(0);
    expect((await askJson<Answer>(OFFLINE, { place: other })).left).toMatchObject([{ id: 'a' }]);
  });

  test.each([
    { words: ['--days', '32'], says: '--days' },
    { words: ['--from', 'yesterday'], says: '--from' },
    { words: ['--budget', '0'], says: '--budget' },
    { words: ['--duration', '5'], says: '--duration' },
  ])('refuses $words with exit 2', async ({ words, says }) => {
    const { code, err } = await ask([...OFFLINE, ...words], { place });
    expect(err).toContain(says);
    expect(code).toBe(2);
  });

  test('writes a picture that stands alone', async () => {
    const { code } = await ask([...OFFLINE, '--svg', 'forecast.svg', '--budget', '1'], { place });
    expect(code).toBe(1);
    const svg = readFileSync(join(place.folder, 'forecast.svg'), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="960" height="\d+(?:\.\d+)?" viewBox=/);
    expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
    expect(svg).not.toMatch(/href|@import|url\(|<script/);
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).toContain('pool heavy');
    expect(svg.match(/class="over"/g)?.length).toBeGreaterThanOrEqual(8);
  });

  test('says that the job files alone are counted where Redis does not answer', async () => {
    const { out, err, code } = await ask(['forecast', '--utc', '--from', FROM], {
      place,
      variables: { REDIS_URL: 'redis://127.0.0.1:1' },
    });
    expect(err).toContain('note: the job files alone');
    expect(out).toContain('176 fires of 3 schedules in 7 days');
    expect(code).toBe(0);
  });
});

test('a forecast of a running system counts schedules of the API, and the live workers', async () => {
  const redis = await startRedis();
  const jobs = [job('mail', { run: () => null }), job('gone', { schedule: { cron: '0 9 * * *' } })];
  const engine = await openEngine({ target: redis.target, namespace: 'belfry', jobs });
  await create(engine, ...['a', 'b', 'c'].map((key) => ({ job: 'mail', key, schedule: { cron: '0 9 * * *' } })));
  await engine.startWorker({ concurrency: 8 });
  const variables = { REDIS_URL: redis.url };
  const words = ['forecast', '--utc', '--from', FROM, '--days', '1'];
  const with3 = await askJson<Answer>(words, { place, variables });
  // The folder is the truth of the jobs' own schedules: `gone` is not in it.
  expect(with3.busiest[0]?.jobs).toEqual([
    { job: 'mail', fires: 3 },
    { job: 'hourly', fires: 1 },
    { job: 'report', fires: 1 },
  ]);
  expect(with3.pools.map(({ name, has }) => [name, has])).toEqual([
    ['default', 8],
    ['heavy', 1],
  ]);
  const elsewhere = makePlace();
  elsewhere.write('belfry.config.json', '{ "jobs": "nowhere" }');
  const alone = await askJson<Answer>(words, { place: elsewhere, variables });
  expect(alone.total).toBe(4);
});

test('leaves out own schedules that are paused or have had their runs, and counts the runs that are left', async () => {
  const redis = await startRedis();
  const hourly = { cron: '0 * * * *' };
  const files = makePlace({
    'going.ts': scheduled(`{ cron: '0 * * * *' }`),
    'paused.ts': scheduled(`{ cron: '0 * * * *' }`),
    'over.ts': scheduled(`{ cron: '0 * * * *', maxRuns: 1 }`),
    'half.ts': scheduled(`{ cron: '0 * * * *', maxRuns: 3 }`),
    'new.ts': scheduled(`{ cron: '0 * * * *' }`),
  });
  const engine = await openEngine({
    target: redis.target,
    namespace: 'belfry',
    jobs: [
      job('going', { schedule: hourly }),
      job('paused', { schedule: hourly }),
      // One run of each, and then the file says otherwise.
      ...['over', 'half'].map((name) => job(name, { schedule: { every: '1s', maxRuns: 1 } })),
    ],
  });
  await engine.client.jobs.pause('paused', { by: 'ada', note: 'on holiday' });
  await engine.startScheduler();
  await eventually(async () => {
    for (const name of ['over', 'half']) expect(await engine.client.jobs.upcoming(name, 1)).toEqual([]);
  });
  const words = ['forecast', '--utc', '--from', FROM, '--days', '1'];
  const variables = { REDIS_URL: redis.url };
  const known = await askJson<Answer>(words, { place: files, variables });
  expect([known.schedules, known.total]).toEqual([3, 24 + 24 + 2]);
  const offline = await askJson<Answer>([...words, '--offline'], { place: files, variables });
  expect([offline.schedules, offline.total]).toEqual([5, 3 * 24 + 1 + 3]);
});

test('names in the picture cannot break it', () => {
  const at = Date.parse(FROM);
  const entry = {
    job: '<script>&"',
    queue: 'q',
    timing: compileTiming({ c: '0 * * * *' }, 'x'),
    count: 1,
    share: 1,
    jitterMs: 0,
    windowMs: 0,
    overlap: 'one' as const,
    expectedDurationMs: 1_000,
    mostRuns: undefined,
    isLeftOut: () => false,
  };
  const answer = forecast({
    entries: [entry],
    pools: [{ name: 'a<b', queues: ['*'], slots: 1 }],
    from: at,
    minutes: 60,
    busiest: 1,
  });
  const svg = drawForecast(answer, { zone: 'utc', budget: undefined });
  expect(svg).toContain('&lt;script&gt;&amp;&quot;');
  expect(svg).toContain('pool a&lt;b');
  expect(svg).not.toContain('<script');
});
