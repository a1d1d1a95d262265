import { expect, test } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import { loadJobs } from '../../src/loader/load.ts';
import { versionOf } from '../../src/loader/version.ts';
import { importPackage, makeJobsFolder } from '../support/jobs_folder.ts';

const FILES = {
  'a.ts': `import { value } from './_lib/value.ts';\nexport default { run: () => value };`,
  'b.ts': `export default { run: () => 'b' };`,
  '_lib/value.ts': `export const value = 1;`,
};

async function versionOfFiles(files: Record<string, string>): Promise<string> {
  const { jobs } = await loadJobs({ directory: makeJobsFolder(files).directory, importPackage });
  return versionOf(jobs);
}

test('the version of a set of jobs is the same wherever the same files lie', async () => {
  const version = await versionOfFiles(FILES);
  expect(version).toMatch(/^[0-9a-f]{16}$/);
  expect(await versionOfFiles(FILES)).toBe(version);
});

test('the version changes with a job, with what a job imports, with a name and with the number of jobs', async () => {
  const { 'b.ts': b, ...withoutB } = FILES;
  const versions = await Promise.all([
    versionOfFiles(FILES),
    versionOfFiles({ ...FILES, 'b.ts': `${b}\n` }),
    versionOfFiles({ ...FILES, '_lib/value.ts': `export const value = 2;` }),
    versionOfFiles({ ...withoutB, 'c.ts': b }),
    versionOfFiles(withoutB),
  ]);
  expect(new Set(versions).size).toBe(versions.length);
});

test('the version does not depend on the order of the jobs, and jobs handed over in code count', () => {
  const a = compileJob('a', { run: () => 1 });
  const b = compileJob('b', { run: () => 2 });
  expect(versionOf([a, b])).toBe(versionOf([b, a]));
  expect(versionOf([a, b])).not.toBe(versionOf([a, compileJob('b', { run: () => 3 })]));
});
