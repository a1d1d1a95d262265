import { findDependencyFaults } from '../core/after.ts';
import type { JobDefinition } from '../core/definition.ts';
import { describeBrokenJob, type BrokenJob } from './broken_job.ts';

/**
 * Sorts out jobs that wait for each other, or for a job that is not there. A file that is broken counts as there: it may
 * be good again in a minute.
 */
export function sortOutFaults(
  jobs: readonly JobDefinition[],
  broken: readonly BrokenJob[],
  directory: string,
): { jobs: JobDefinition[]; broken: BrokenJob[] } {
  const faults = findDependencyFaults(
    jobs,
    broken.map(({ name }) => name),
  );
  if (faults.length === 0) return { jobs: [...jobs], broken: [] };
  const faulty = new Map(faults.map(({ job, error }) => [job, error]));
  return {
    jobs: jobs.filter(({ name }) => !faulty.has(name)),
    broken: jobs.flatMap(({ name, file = name }) => {
      const error = faulty.get(name);
      // The fault is none of the code, so no position in compiled code is asked for.
      return error === undefined ? [] : [describeBrokenJob(error, { name, file, directory, compile: () => '' })];
    }),
  };
}
