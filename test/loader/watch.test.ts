import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunContext } from '../../src/core/job.ts';
import type { JobSet } from '../../src/loader/load.ts';
import { watchJobs } from '../../src/loader/watch.ts';
import { eventually } from '../support/eventually.ts';
import { importPackage, jobAnswering, makeJobsFolder, type JobsFolder } from '../support/jobs_folder.ts';

const noContext = {} as RunContext;

/** Watches the folder until the test ends; `answers()` is what each job of the latest set returns. */
async function watch(folder: JobsFolder) {
  const sets: JobSet[] = [];
  const watcher = await watchJobs({
    directory: folder.directory,
    importPackage,
    onChange: (set) => void sets.push(set),
    onError: (error) => {
      throw error;
    },
  });
  sets.push(watcher.jobs);
  onTestFinished(() => watcher.close());
  const latest = (): JobSet => sets.at(-1) as JobSet;
  const answers = () => Object.fromEntries(latest().jobs.map(({ name, run }) => [name, run(noContext)]));
  return { sets, latest, answers };
}

const importing = (specifier: string): string =>
  `import { value } from '${specifier}';\nexport default { run: () => value };\n`;

describe('a watched jobs folder', () => {
  test('takes a changed, a new and a removed file in', async () => {
    const folder = makeJobsFolder({ 'a.ts': jobAnswering(1), 'b.mjs': jobAnswering(1) });
    const { answers } = await watch(folder);
    expect(answers()).toEqual({ a: 1, b: 1 });
    folder.write('a.ts', jobAnswering(2));
    folder.write('b.mjs', jobAnswering(3));
    folder.write('deep/c.ts', jobAnswering(4));
    await eventually(() => expect(answers()).toEqual({ a: 2, b: 3, 'deep/c': 4 }));
    folder.remove('a.ts');
    await eventually(() => expect(answers()).toEqual({ b: 3, 'deep/c': 4 }));
  });

  test('reads all jobs again that import a changed file, at any distance, and no other', async () => {
    const folder = makeJobsFolder({
      'a.ts': importing('./_lib/near.ts'),
      'b.ts': importing('./_lib/plain.mjs'),
      'c.ts': jobAnswering('c'),
      '_lib/near.ts': `export { value } from './far.ts';`,
      '_lib/far.ts': `export const value = 1;`,
      '_lib/plain.mjs': `export const value = 1;`,
    });
    const { answers, latest } = await watch(folder);
    const untouched = latest().jobs.find(({ name }) => name === 'c');
    folder.write('_lib/far.ts', `export const value = 2;`);
    await eventually(() => expect(answers()).toEqual({ a: 2, b: 1, c: 'c' }));
    folder.write('_lib/plain.mjs', `export const value = 3;`);
    await eventually(() => expect(answers()).toEqual({ a: 2, b: 3, c: 'c' }));
    expect(latest().jobs.find(({ name }) => name === 'c')).toBe(untouched);
  });

  test('keeps what was not touched: the state of another shared file outlives the edit of a job', async () => {
    const text = `import { next } from './_lib/state.ts';\nconst mine = next();\nexport default { run: () => mine };\n`;
    const folder = makeJobsFolder({ 'a.ts': text, '_lib/state.ts': `let n = 0; export const next = () => ++n;` });
    const { answers } = await watch(folder);
    expect(answers()).toEqual({ a: 1 });
    folder.write('a.ts', `${text}// edited\n`);
    await eventually(() => expect(answers()).toEqual({ a: 2 }));
  });

  test('keeps the last good version while a file is broken', async () => {
    const folder = makeJobsFolder({ 'a.ts': jobAnswering(1) });
    const { answers, latest } = await watch(folder);
    folder.write('a.ts', 'export default {{');
    await eventually(() => expect(latest().broken).toMatchObject([{ name: 'a', where: 'jobs/a.ts:1:17' }]));
    expect(answers()).toEqual({ a: 1 });
    folder.write('a.ts', jobAnswering(2));
    await eventually(() => expect(latest().broken).toEqual([]));
    expect(answers()).toEqual({ a: 2 });
  });

  test('tries a broken file again when the file that it lacked appears', async () => {
    const folder = makeJobsFolder({ 'a.ts': importing('./_lib/late.ts') });
    const { answers, latest } = await watch(folder);
    expect(latest().broken).toHaveLength(1);
    folder.write('_lib/late.ts', `export const value = 'there';`);
    await eventually(() => expect(answers()).toEqual({ a: 'there' }));
    expect(latest().broken).toEqual([]);
  });

  test('sees a change of a file outside the folder that a job imports', async () => {
    const folder = makeJobsFolder({ 'a.ts': importing('../lib/value.ts') });
    const outside = path.join(folder.directory, '../lib/value.ts');
    mkdirSync(path.dirname(outside));
    writeFileSync(outside, `export const value = 1;`);
    const { answers } = await watch(folder);
    expect(answers()).toEqual({ a: 1 });
    writeFileSync(outside, `export const value = 2;`);
    await eventually(() => expect(answers()).toEqual({ a: 2 }));
  });

  test('takes many changes at once in one step', async () => {
    const folder = makeJobsFolder();
    const { sets, latest } = await watch(folder);
    for (let n = 0; n < 50; n++) folder.write(`job-${n}.ts`, jobAnswering(n));
    await eventually(() => expect(latest().jobs).toHaveLength(50));
    expect(sets.length).toBeLessThanOrEqual(4);
  });
});
