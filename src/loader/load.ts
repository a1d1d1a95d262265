import path from 'node:path';
import { compileJob } from '../core/compile_job.ts';
import type { JobDefinition } from '../core/definition.ts';
import { BelfryError } from '../core/errors.ts';
import { describeBrokenJob, describeDuplicate, type BrokenJob } from './broken_job.ts';
import { loadCalendars, type CalendarSet } from './calendars.ts';
import { sortOutFaults } from './dependencies.ts';
import { discoverJobs, type DuplicateFile, type JobFile } from './discover.ts';
import { filesOf } from './imports.ts';
import type { Importer, ImporterOptions } from './importer.ts';
import { rememberSources } from './version.ts';

/** What a jobs folder holds: the jobs, by name, the calendars of its `_calendars`, and the files that gave none. */
export type JobSet = { jobs: JobDefinition[]; calendars: CalendarSet['calendars']; broken: BrokenJob[] };

/** One file's outcome, and the files that it was made of (what a change of would change it). */
export type LoadedFile = { outcome: { job: JobDefinition } | { broken: BrokenJob }; files: string[] };

/** A job file that has not answered by then (a top-level await on a dead host) must not hold the others up. */
const IMPORT_LIMIT_MS = 30_000;

/**
 * Loads each job file below a folder. A file that cannot be loaded is reported in `broken` and never stops the others.
 * Throws NOT_FOUND when the folder is missing.
 */
export async function loadJobs(options: ImporterOptions): Promise<JobSet> {
  const { directory } = options;
  const [{ files, duplicates }, calendars] = await Promise.all([discoverJobs(directory), loadCalendars(directory)]);
  const loaded = files.length === 0 ? [] : await loadFiles(files, options);
  return toJobSet(loaded, { duplicates, directory, calendars });
}

async function loadFiles(files: readonly JobFile[], options: ImporterOptions): Promise<LoadedFile[]> {
  const { createImporter } = await import('./importer.ts');
  const importer = await createImporter(options);
  const loaded: LoadedFile[] = [];
  for (const file of files) loaded.push(await loadFile(file, { importer, directory: options.directory }));
  return loaded;
}

/** Loads the one job of a file, for a process that runs nothing else. Throws what is wrong with it. */
export async function loadJob(job: JobFile, options: Omit<ImporterOptions, 'directory'>): Promise<JobDefinition> {
  const { createImporter } = await import('./importer.ts');
  const importer = await createImporter({ ...options, directory: path.dirname(job.file) });
  const { exports } = await importer.load(job.file);
  return compileJob(job.name, exports['default'], { file: job.file });
}

export type FileLoader = { importer: Importer; directory: string };

/** Imports and checks one job file. Never throws: what went wrong is the outcome. */
export async function loadFile({ name, file }: JobFile, { importer, directory }: FileLoader): Promise<LoadedFile> {
  try {
    const { exports, sources } = await withLimit(importer.load(file));
    const job = compileJob(name, defaultExport(exports), { file });
    rememberSources(job, sources);
    return { outcome: { job }, files: sources.map((source) => source.file) };
  } catch (error) {
    const broken = describeBrokenJob(error, { name, file, directory, compile: importer.compile });
    return { outcome: { broken }, files: filesOf(file) };
  }
}

/** Sorts outcomes into jobs and broken files; a second file for the same name is broken, whatever it holds. */
export function toJobSet(
  loaded: Iterable<LoadedFile>,
  { duplicates, directory, calendars }: { duplicates: DuplicateFile[]; directory: string; calendars: CalendarSet },
): JobSet {
  const outcomes = [...loaded].map(({ outcome }) => outcome);
  const broken = outcomes.flatMap((outcome) => ('broken' in outcome ? [outcome.broken] : []));
  broken.push(...duplicates.map((duplicate) => describeDuplicate(duplicate, directory)), ...calendars.broken);
  const jobs = sortByName(outcomes.flatMap((outcome) => ('job' in outcome ? [outcome.job] : [])));
  const sorted = sortOutFaults(jobs, broken, directory);
  return { jobs: sorted.jobs, calendars: calendars.calendars, broken: [...broken, ...sorted.broken] };
}

export function sortByName(jobs: Iterable<JobDefinition>): JobDefinition[] {
  return [...jobs].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function defaultExport(exports: Record<string, unknown>): unknown {
  if (exports['default'] !== undefined) return exports['default'];
  const others = Object.keys(exports);
  throw new BelfryError('BAD_JOB', 'the file has no default export', {
    hint:
      others.length === 0
        ? 'export default defineJob({ async run({ payload, log }) { … } })'
        : `it exports ${others.join(', ')}; a job is the default export: export default defineJob({ … })`,
  });
}

async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new BelfryError('BAD_JOB', `the file was not loaded within ${IMPORT_LIMIT_MS / 1000} s`, {
          hint: 'a job file must load on any machine: move what waits for something into run()',
        }),
      );
    }, IMPORT_LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
