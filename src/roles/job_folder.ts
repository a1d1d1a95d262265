import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JobFolder } from '../cli/job_folder.ts';
import type { Config } from '../config.ts';
import { shownPath } from '../loader/broken_job.ts';
import { readSource } from '../loader/imports.ts';
import { loadJobs } from '../loader/load.ts';
import { findField } from '../loader/position.ts';
import type { Host } from './host.ts';
import { cacheFolderOf } from './cache_folder.ts';

/** Reads the jobs folder of the configuration, or `folder`, for a command that looks at jobs and runs none. Throws NOT_FOUND. */
export async function readJobFolder(config: Config, host: Host, folder: string | undefined): Promise<JobFolder> {
  const directory = folder === undefined ? config.jobsFolder : resolve(host.cwd, folder);
  const state = folder !== undefined || existsSync(directory) ? 'found' : 'missing';
  const place = { directory, importPackage: host.index, cacheDirectory: cacheFolderOf(config) };
  const { jobs, broken, calendars } =
    state === 'found' ? await loadJobs(place) : { jobs: [], broken: [], calendars: new Map() };
  const files = new Map(jobs.map(({ name, file }) => [name, file]));
  return {
    folder: directory,
    state,
    jobs,
    broken: broken.map(({ name, where, reason, hint }) => ({ name, where, reason, hint })),
    calendars,
    placeOf(job, field) {
      const file = files.get(job);
      return file === undefined ? undefined : placeIn(file, field, directory);
    },
    pools: Object.entries(config.pools).map(([name, { queues, concurrency }]) => ({
      name,
      queues,
      slots: concurrency,
    })),
    lint: { ...config.lint, shards: config.shards },
  };
}

function placeIn(file: string, field: string | undefined, directory: string): string {
  const source = field === undefined ? undefined : readSource(file);
  const found = field === undefined || source === undefined ? undefined : findField(field, source);
  const shown = shownPath(file, directory);
  return found === undefined ? shown : `${shown}:${found.line}:${found.column}`;
}
