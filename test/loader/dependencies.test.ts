import { expect, test } from 'vitest';
import { loadJobs } from '../../src/loader/load.ts';
import { importPackage, makeJobsFolder } from '../support/jobs_folder.ts';

const jobAfter = (...jobs: string[]): string =>
  `import { defineJob } from 'belfry';\nexport default defineJob({\n  ${jobs.length === 0 ? '' : `after: ${JSON.stringify(jobs)}, `}run: () => null });`;

test('jobs that wait for each other are reported at their place with the whole path, and the others are loaded', async () => {
  const folder = makeJobsFolder({
    'a.ts': jobAfter('c'),
    'b.ts': jobAfter('a'),
    'c.ts': jobAfter('b'),
    'behind.ts': jobAfter('c'),
    'lost.ts': jobAfter('nobody'),
    'good.ts': jobAfter(),
    'waits.ts': jobAfter('good', 'torn'),
    'torn.ts': 'export default {',
  });
  const { jobs, broken } = await loadJobs({ directory: folder.directory, importPackage });
  expect(jobs.map(({ name }) => name)).toEqual(['behind', 'good', 'waits']);
  expect(broken.filter(({ name }) => name !== 'torn').map(({ where, reason }) => [where, reason])).toEqual([
    ['jobs/a.ts:3:3', 'the jobs wait for each other: a → b → c → a'],
    ['jobs/b.ts:3:3', 'the jobs wait for each other: b → c → a → b'],
    ['jobs/c.ts:3:3', 'the jobs wait for each other: c → a → b → c'],
    ['jobs/lost.ts:3:3', 'it comes after "nobody", and there is no such job'],
  ]);
});
