import { describe, expect, test } from 'vitest';
import { jobFile, makePlace, type Place } from '../support/belfry_process.ts';
import { ask, askJson } from '../support/desk.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');

type Finding = { rule: string; level: string; job: string | null; where: string; says: string; hint: string };
type Linted = { ok: boolean; jobs: number; errors: number; warnings: number; findings: Finding[] };

const GOOD = jobFile(`owner: 'a@example.com', timeout: '1m', schedule: { cron: '5 9 * * *' }, run: () => 1`);
const FULL_HOUR = jobFile(`timeout: '1m',
    schedule: {
      cron: '0 * * * *',
    },
    run: () => 1`);
const BROKEN = jobFile(`schedule: { cron: '61 * * * *' }, run: () => 1`);

const lint = (place: Place, words: string[] = []): Promise<Linted> =>
  askJson<Linted>(['lint', ...words], { place, now: NOW });

describe('belfry lint', () => {
  test('is content with good jobs, and asks no Redis', async () => {
    const place = makePlace({ 'good.ts': GOOD });
    const { out, err, code } = await ask(['lint'], {
      place,
      now: NOW,
      variables: { REDIS_URL: 'redis://127.0.0.1:1' },
    });
    expect(out).toBe('0 errors, 0 warnings in 1 job\n');
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('exits 1 for a broken file, which it names with line and column, and looks at the others', async () => {
    const place = makePlace({ 'bad.ts': BROKEN, 'both.ts': GOOD.replace('5 9 * * *', '5 9 1 * MON') });
    const { out, code } = await ask(['lint'], { place, now: NOW });
    expect(out).toMatch(
      /^jobs\/bad\.ts:\d+:\d+ {2}error {2}schedule\.cron: minute has 61.* {2}broken-file\n {4}hint: /,
    );
    expect(out).toMatch(/^jobs\/both\.ts:\d+:\d+ {2}warning {2}.* {2}both-day-fields$/m);
    expect(out).toMatch(/^1 error, 1 warning in 1 job$/m);
    expect(code).toBe(1);
  });

  test('exits 0 for warnings, and 1 for them where it is strict', async () => {
    const place = makePlace({ 'both.ts': GOOD.replace('5 9 * * *', '5 9 1 * MON') });
    expect((await ask(['lint'], { place, now: NOW })).code).toBe(0);
    expect((await ask(['lint', '--strict'], { place, now: NOW })).code).toBe(1);
    expect((await lint(place)).ok).toBe(true);
    expect((await lint(place, ['--strict'])).ok).toBe(false);
    expect((await ask(['lint', '--strict'], { place: makePlace({ 'good.ts': GOOD }), now: NOW })).code).toBe(0);
  });

  test('names the crowded minute and proposes for each job what to write, with its place', async () => {
    const place = makePlace({ 'a.ts': FULL_HOUR, 'b.ts': FULL_HOUR, 'c.ts': FULL_HOUR });
    const { findings } = await lint(place, ['--budget', '2']);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      rule: 'minute-over-budget',
      level: 'warning',
      job: null,
      hint: "a: write H * * * * or add window: '15m'; b: write H * * * * or add window: '15m'; c: write H * * * * or add window: '15m'",
      proposals: ['a', 'b', 'c'].map((job) => ({
        job,
        cron: 'H * * * *',
        window: '15m',
        where: expect.stringMatching(new RegExp(`^jobs/${job}\\.ts:\\d+:\\d+$`)) as string,
      })),
    });
    expect(findings[0]?.says).toContain('3 fires in the minute 2026-11-23T09:00Z, budget 2: a, b, c');
    expect((await lint(place, ['--budget', '3'])).findings).toEqual([]);
  });

  test('takes budget and owner from the configuration and the environment, and the flag before them', async () => {
    const place = makePlace({ 'a.ts': FULL_HOUR, 'b.ts': FULL_HOUR });
    place.write('belfry.config.json', '{ "lintBudget": 1, "lintRequireOwner": true }');
    const rules = async (words: string[], variables = {}): Promise<string[]> =>
      (await askJson<Linted>(['lint', ...words], { place, now: NOW, variables })).findings
        .map(({ rule }) => rule)
        .toSorted();
    expect(await rules([])).toEqual(['minute-over-budget', 'missing-owner', 'missing-owner']);
    expect(await rules(['--budget', '2'])).toEqual(['missing-owner', 'missing-owner']);
    expect(await rules([], { BELFRY_LINT_BUDGET: '5', BELFRY_LINT_REQUIRE_OWNER: 'no' })).toEqual([]);
    expect(await rules(['--require-owner'], { BELFRY_LINT_BUDGET: '5', BELFRY_LINT_REQUIRE_OWNER: 'no' })).toEqual([
      'missing-owner',
      'missing-owner',
    ]);
  });

  test('knows the calendars of the folder', async () => {
    const holiday = GOOD.replace("'5 9 * * *'", "'5 9 * * *', except: 'holidays'");
    const place = makePlace({ 'a.ts': holiday, '_calendars/holidays.json': '{ "yearly": ["12-25"] }' });
    expect((await lint(place)).findings).toEqual([]);
    const { findings } = await lint(makePlace({ 'a.ts': holiday }));
    expect(findings.map(({ rule, level }) => [rule, level])).toEqual([['unplannable-schedule', 'warning']]);
  });

  test('looks at another folder, and answers 3 for one that is not there', async () => {
    const place = makePlace({ 'good.ts': GOOD });
    place.write('others/x.ts', BROKEN);
    expect((await ask(['lint', '--jobs', 'others'], { place, now: NOW })).out).toContain('others/x.ts:');
    expect((await ask(['lint', '--jobs', 'nowhere'], { place, now: NOW })).code).toBe(3);
    const empty = await ask(['lint'], { now: NOW });
    expect(empty.code).toBe(3);
    expect(empty.err).toContain('--jobs FOLDER');
  });

  test.each([['0'], ['many']])('refuses the budget %s with exit 2', async (budget) => {
    const { code, err } = await ask(['lint', '--budget', budget], { place: makePlace({ 'good.ts': GOOD }) });
    expect(err).toContain('--budget');
    expect(code).toBe(2);
  });
});
