import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, runJob, setEnvironment, useDataFolder } from '../support/job_run.ts';

/** A command line that answers `runs list` with these runs, and fails when it is asked anything else. */
function answerRuns(runs: unknown): void {
  const bin = path.join(makeFolder(), 'belfry.js');
  const asked = ['runs', 'list', '--state', 'dead', '--since', '24h', '--limit', '10000', '--json'];
  writeFileSync(
    bin,
    `if (process.argv.slice(2).join() !== '${asked.join()}') process.exit(2);
     console.log(${JSON.stringify(JSON.stringify(runs))});`,
  );
  setEnvironment({ BELFRY_BIN: bin });
}

const dead = (job: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `${job}@${n}`, job, error: { message: `fault ${n}\nsecond line` } }));

test('runs/digest writes one page a day: jobs by number of dead runs, and why they died', async () => {
  const folder = useDataFolder();
  answerRuns({ runs: [...dead('few', 1), ...dead('many', 7)] });
  const { result, warnings } = await runJob('runs/digest');
  const file = path.join(folder, 'digests/2026-01-02.md');
  expect(result).toEqual({ since: '24h', total: 8, counts: { many: 7, few: 1 }, file });
  expect(warnings).toHaveLength(1);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('| many | 7 |\n| few | 1 |');
  expect(page).toContain('- `many@4`: fault 4\n- and 2 more');
  expect(page).not.toContain('second line');
});

test('runs/digest of a quiet day says so and warns of nothing', async () => {
  const folder = useDataFolder();
  answerRuns([]);
  const { result, warnings } = await runJob('runs/digest');
  expect(result).toMatchObject({ total: 0, counts: {} });
  expect(warnings).toEqual([]);
  expect(readFileSync(path.join(folder, 'digests/2026-01-02.md'), 'utf8')).toBe(
    '# Dead runs of 2026-01-02\n\n0 in the 24h before.\n',
  );
});

test('runs/digest fails when the command line fails, and for good when there is none', async () => {
  useDataFolder();
  answerRuns([]);
  await expect(runJob('runs/digest', { since: '7d' })).rejects.toThrow(/Command failed/);
  setEnvironment({ BELFRY_BIN: undefined });
  await expect(runJob('runs/digest')).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
});
