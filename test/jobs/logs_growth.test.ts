import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, runJob, useDataFolder } from '../support/job_run.ts';

test('logs/growth counts sizes first, and what grew from then on, the fastest file first', async () => {
  useDataFolder();
  const folder = makeFolder();
  mkdirSync(path.join(folder, 'deep'));
  const [app, deep] = [path.join(folder, 'app.log'), path.join(folder, 'deep/db.log')];
  writeFileSync(app, 'x'.repeat(1_000));
  writeFileSync(deep, 'x'.repeat(500));
  const payload = { folders: [folder], warnGrowthBytes: 2_000 };

  const first = await runJob('logs/growth', payload);
  expect(first.result).toMatchObject({ files: 2, totalBytes: 1_500, grownBytes: 0, sinceMs: null, largest: [] });

  appendFileSync(app, 'x'.repeat(100));
  appendFileSync(deep, 'x'.repeat(700));
  const second = await runJob('logs/growth', payload);
  expect(second.result).toMatchObject({
    totalBytes: 2_300,
    grownBytes: 800,
    largest: [
      { file: deep, grownBytes: 700 },
      { file: app, grownBytes: 100 },
    ],
  });
  expect(second.warnings).toEqual([]);
});

test('logs/growth does not take a rotated file for a new one, and warns of fast growth', async () => {
  useDataFolder();
  const folder = makeFolder();
  const app = path.join(folder, 'app.log');
  writeFileSync(app, 'x'.repeat(50_000));
  const payload = { folders: [folder], warnGrowthBytes: 2_000, warnTotalBytes: 52_000 };
  await runJob('logs/growth', payload);
  renameSync(app, `${app}.1`);
  writeFileSync(app, 'x'.repeat(3_000));
  const { result, warnings } = await runJob('logs/growth', payload);
  expect(result).toMatchObject({ grownBytes: 3_000, largest: [{ file: app, grownBytes: 3_000 }] });
  expect(warnings.map(({ message }) => message)).toEqual(['logs grow fast', 'logs take much room']);
});

test('logs/growth goes on past a folder that it cannot read', async () => {
  useDataFolder();
  const folder = makeFolder();
  const { result } = await runJob('logs/growth', { folders: [folder, path.join(folder, 'missing')] });
  expect(result).toMatchObject({ files: 0, unreadable: 1 });
});

test('logs/growth reads the log folder of this host without a payload', async () => {
  useDataFolder();
  const { result } = await runJob('logs/growth');
  expect(result).toMatchObject({ folders: expect.arrayContaining(['/var/log']) as unknown });
});
