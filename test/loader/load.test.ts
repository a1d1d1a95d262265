import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { NonRetryableError } from '../../src/core/errors.ts';
import type { RunContext } from '../../src/core/job.ts';
import { loadJobs } from '../../src/loader/load.ts';
import { importPackage, jobAnswering, makeJobsFolder, type JobsFolder } from '../support/jobs_folder.ts';

const load = (folder: JobsFolder) => loadJobs({ directory: folder.directory, importPackage });
const noContext = {} as RunContext;

describe('loading a jobs folder', () => {
  test('names each job by its path, in any of the four extensions', async () => {
    const folder = makeJobsFolder({
      'a.ts': jobAnswering('a'),
      'b.mts': jobAnswering('b'),
      'deep/er/c.js': jobAnswering('c'),
      'deep/d.mjs': jobAnswering('d'),
    });
    const { jobs, broken } = await load(folder);
    expect(broken).toEqual([]);
    expect(jobs.map(({ name }) => name)).toEqual(['a', 'b', 'deep/d', 'deep/er/c']);
    expect(jobs.map(({ run }) => run(noContext))).toEqual(['a', 'b', 'd', 'c']);
    expect(jobs[3]?.file).toBe(folder.file('deep/er/c.js'));
  });

  test('passes over what is not a job', async () => {
    const names = [
      '_lib/x.ts',
      '_x.ts',
      '.hidden.ts',
      '.git/x.ts',
      'a.test.ts',
      'a.d.ts',
      'notes.md',
      'node_modules/x.js',
    ];
    const folder = makeJobsFolder(Object.fromEntries(names.map((name) => [name, 'throw new Error("loaded");'])));
    expect(await load(folder)).toEqual({ jobs: [], calendars: new Map(), broken: [] });
  });

  test('refuses a folder that is not there, naming it', async () => {
    const directory = path.join(makeJobsFolder().directory, 'missing');
    await expect(loadJobs({ directory, importPackage })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(directory) as string,
      hint: expect.stringContaining('BELFRY_JOBS') as string,
    });
  });

  test('hands a job file the very classes that the worker knows', async () => {
    const text = `import { defineJob, NonRetryableError } from 'belfry';
      export default defineJob({ run() { throw new NonRetryableError('no use'); } });`;
    const { jobs } = await load(makeJobsFolder({ 'a.ts': text }));
    expect(() => jobs[0]?.run(noContext)).toThrow(NonRetryableError);
  });

  test('evaluates a shared file once for all jobs, TypeScript or not, circles included', async () => {
    const importer = (own: string) => `import { defineJob } from 'belfry';
      import { next } from './_lib/counter.ts';
      import { plain } from './_lib/plain.mjs';
      const mine = next();
      export default defineJob({ description: '${own}' + plain.length, run: () => mine + next() * 100 });`;
    const folder = makeJobsFolder({
      'a.ts': importer('a'),
      'b.ts': importer('b'),
      '_lib/counter.ts': `import { step } from './step.ts'; let n = 0; export const next = (): number => (n += step());`,
      '_lib/step.ts': `import { next } from './counter.ts'; export const step = () => (typeof next === 'function' ? 1 : 0);`,
      '_lib/plain.mjs': `export const plain = [1, 2];`,
    });
    const { jobs, broken } = await load(folder);
    expect(broken).toEqual([]);
    expect(jobs.map(({ description }) => description)).toEqual(['a2', 'b2']);
    expect(jobs.map(({ run }) => run(noContext))).toEqual([301, 402]);
  });

  test('leaves a dynamic import for when it is asked for', async () => {
    const folder = makeJobsFolder({
      'a.ts': `export default { run: async () => (await import('./_late.mjs')).default };`,
      '_late.mjs': `globalThis.belfryLateImport = true; export default 'late';`,
    });
    const { jobs } = await load(folder);
    expect(globalThis).not.toHaveProperty('belfryLateImport');
    expect(await jobs[0]?.run(noContext)).toBe('late');
    Reflect.deleteProperty(globalThis, 'belfryLateImport');
  });

  test('reports two files for one job and keeps the first', async () => {
    const folder = makeJobsFolder({ 'a.js': jobAnswering('js'), 'a.ts': jobAnswering('ts') });
    const { jobs, broken } = await load(folder);
    expect(jobs.map(({ run }) => run(noContext))).toEqual(['js']);
    expect(broken).toMatchObject([
      { name: 'a', where: 'jobs/a.ts', reason: expect.stringContaining('jobs/a.js') as string },
    ]);
  });
});
