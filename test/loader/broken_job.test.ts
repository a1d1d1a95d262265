import { describe, expect, test } from 'vitest';
import type { BrokenJob } from '../../src/loader/broken_job.ts';
import { loadJobs } from '../../src/loader/load.ts';
import { importPackage, jobAnswering, makeJobsFolder } from '../support/jobs_folder.ts';

type Report = Pick<BrokenJob, 'where' | 'code' | 'reason' | 'hint'>;

const CASES: Record<string, { text: string; report: { [Key in keyof Report]: string | RegExp } }> = {
  'a syntax error': {
    text: `const a = 1;\nconst b = = 2;\nexport default {};`,
    report: { where: 'jobs/bad.ts:2:11', code: 'BAD_JOB', reason: /^syntax error: Unexpected token/, hint: /syntax/ },
  },
  'a text that is not closed': {
    text: `export default { schedule: { cron: "bad } \n`,
    report: { where: 'jobs/bad.ts:1:36', code: 'BAD_JOB', reason: /Unterminated string/, hint: /syntax/ },
  },
  'a throw while it is loaded': {
    text: `interface A {\n  x: number;\n}\n\nconst a: A = { x: 1 };\nfunction fail(): never {\n  throw new TypeError('no ' + a.x);\n}\nfail();`,
    report: {
      where: 'jobs/bad.ts:7:9',
      code: 'BAD_JOB',
      reason: 'threw while it was loaded: TypeError: no 1',
      hint: /run\(\)/,
    },
  },
  'a throw after a wait, where types were written': {
    text: `await null;\nconst value = null as unknown as { x: number }; value.x.toFixed();`,
    report: {
      where: 'jobs/bad.ts:2:55',
      code: 'BAD_JOB',
      reason: /TypeError: Cannot read properties of null/,
      hint: /./,
    },
  },
  'a throw on its first line': {
    text: `const text: string = ''; throw new RangeError('first' + text);`,
    report: { where: 'jobs/bad.ts:1:32', code: 'BAD_JOB', reason: /RangeError: first/, hint: /./ },
  },
  'a thrown text': {
    text: `throw 'just words';`,
    report: { where: 'jobs/bad.ts', code: 'BAD_JOB', reason: 'threw while it was loaded: just words', hint: /./ },
  },
  'no default export': {
    text: `import { defineJob } from 'belfry';\nexport const job = defineJob({ run() {} });`,
    report: {
      where: 'jobs/bad.ts',
      code: 'BAD_JOB',
      reason: 'the file has no default export',
      hint: /it exports job;/,
    },
  },
  'nothing at all': {
    text: '',
    report: { where: 'jobs/bad.ts', code: 'BAD_JOB', reason: 'the file has no default export', hint: /defineJob/ },
  },
  'a file that is not there': {
    text: `import { x } from './_lib/missing.ts';\nexport default { run: () => x };`,
    report: { where: 'jobs/bad.ts:1:19', code: 'BAD_JOB', reason: /"\.\/_lib\/missing\.ts"/, hint: /path/ },
  },
  'a package that is not installed': {
    text: `\nimport pg from "no-such-package";\nexport default { run: () => pg };`,
    report: {
      where: 'jobs/bad.ts:2:16',
      code: 'BAD_JOB',
      reason: /"no-such-package"/,
      hint: 'add the package to the project of the jobs folder: npm install no-such-package',
    },
  },
  'a cron expression that is none': {
    text: `export default {\n  description: 'cron',\n  schedule: {\n    cron: '61 * * * *',\n  },\n  run() {},\n};`,
    report: { where: 'jobs/bad.ts:4:12', code: 'BAD_CRON', reason: /minute/, hint: /59/ },
  },
  'a duration that is none': {
    text: `export default {\n  timeout: 'soon',\n  run() {},\n};`,
    report: { where: 'jobs/bad.ts:2:3', code: 'BAD_DURATION', reason: /timeout/, hint: /./ },
  },
  'a misspelt field': {
    text: `export default {\n  run() {},\n  desciption: 'x',\n};`,
    report: { where: 'jobs/bad.ts:3:3', code: 'BAD_JOB', reason: /desciption/, hint: 'did you mean description?' },
  },
  'a default export that is no job': {
    text: `export default [1, 2];`,
    report: { where: 'jobs/bad.ts', code: 'BAD_JOB', reason: /\[1,2\]/, hint: /run/ },
  },
};

describe('a bad job file', () => {
  test.each(Object.entries(CASES))(
    'with %s is reported at its place and stops no other',
    async (_kind, { text, report }) => {
      const folder = makeJobsFolder({ 'bad.ts': text, 'good.ts': jobAnswering(1) });
      const { jobs, broken } = await loadJobs({ directory: folder.directory, importPackage });
      expect(jobs.map(({ name }) => name)).toEqual(['good']);
      expect(broken).toHaveLength(1);
      expect(broken[0]?.name).toBe('bad');
      for (const [key, wanted] of Object.entries(report)) {
        expect(broken[0]?.[key as keyof Report], key).toEqual(
          typeof wanted === 'string' ? wanted : expect.stringMatching(wanted),
        );
      }
    },
  );

  test('is reported for each job that imports the broken file, at the place in that file', async () => {
    const folder = makeJobsFolder({
      'a.ts': `import { x } from './_lib/x.ts';\nexport default { run: () => x };`,
      'b.ts': `import { x } from './_lib/x.ts';\nexport default { run: () => x };`,
      '_lib/x.ts': `\nthrow new Error('shared fault');\nexport const x = 1;`,
    });
    const { broken } = await loadJobs({ directory: folder.directory, importPackage });
    expect(broken.map(({ name, where }) => [name, where])).toEqual([
      ['a', 'jobs/_lib/x.ts:2:7'],
      ['b', 'jobs/_lib/x.ts:2:7'],
    ]);
    expect(new Set(broken.map(({ reason }) => reason))).toEqual(new Set(['threw while it was loaded: shared fault']));
  });

  test('whose name no queue could carry is reported by its name', async () => {
    const folder = makeJobsFolder({ 'a b@c.ts': jobAnswering(1) });
    const { broken } = await loadJobs({ directory: folder.directory, importPackage });
    expect(broken).toMatchObject([{ reason: 'job name is "a b@c"', hint: expect.stringContaining('A–Z') as string }]);
  });
});
