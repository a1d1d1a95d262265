import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadJobs } from '../../src/loader/load.ts';
import { importPackage } from '../support/jobs_folder.ts';

const directory = fileURLToPath(new URL('../../jobs', import.meta.url));

test('every shipped job loads, and says what it is, whose it is, how long it may take and how late it may be', async () => {
  const { jobs, broken } = await loadJobs({ directory, importPackage });
  expect(broken).toEqual([]);
  expect(jobs.map(({ name }) => name)).toEqual([
    'host/health',
    'host/processes',
    'logs/growth',
    'redis/aof_check',
    'redis/health',
    'runs/digest',
    'tls/certificate',
    'tls/scan',
  ]);
  for (const job of jobs) {
    expect(job.description.length, job.name).toBeGreaterThan(20);
    expect(job.owner, job.name).not.toBe('');
    expect(job.policy.timeoutMs, job.name).toBeGreaterThan(0);
    expect(job.sloLagMs, job.name).toBeGreaterThan(0);
  }
  const unscheduled = jobs.filter(({ schedule }) => schedule === undefined);
  expect(unscheduled.map(({ name }) => name)).toEqual(['tls/certificate']);
});
