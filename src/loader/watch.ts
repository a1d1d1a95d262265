import { watch as watchFiles } from 'chokidar';
import path from 'node:path';
import type { JobDefinition } from '../core/definition.ts';
import { loadCalendars } from './calendars.ts';
import { sortOutFaults } from './dependencies.ts';
import { discoverJobs, isIgnored } from './discover.ts';
import { filesOf } from './imports.ts';
import { createImporter, type Importer, type ImporterOptions } from './importer.ts';
import { loadFile, sortByName, toJobSet, type JobSet, type LoadedFile } from './load.ts';

export type WatchOptions = ImporterOptions & {
  /** Called with the whole set after each change of it, never twice at once. */
  onChange(set: JobSet): void | Promise<void>;
  /** Called when watching itself fails: no inotify watches left, a folder that cannot be read any more. */
  onError(error: unknown): void;
};

export type JobWatcher = {
  /** The set as it was when watching began. */
  jobs: JobSet;
  /** Ends watching; resolves once no `onChange` runs any more. */
  close(): Promise<void>;
};

/** Editors write a file in several steps, and a checkout writes many files: wait this long for the last one. */
const SETTLE_MS = 100;

/**
 * Loads a jobs folder and loads it again, file by file, as it changes. A changed file is read again together with all
 * files that import it. While a file is broken its last good version stays; a removed file takes its job along.
 */
export async function watchJobs(options: WatchOptions): Promise<JobWatcher> {
  const reloader = await createReloader(options);
  const first = await reloader.reload([]);
  const watcher = watchFiles([options.directory, ...reloader.outsideFiles()], {
    ignoreInitial: true,
    ignored: (file, stats) => isOutOfSight(file, options.directory, stats?.isFile() === true ? 'file' : 'folder'),
  });
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();

  const reload = async (): Promise<void> => {
    const files = [...changed];
    changed.clear();
    try {
      const set = await reloader.reload(files);
      watcher.add(reloader.outsideFiles());
      await options.onChange(set);
    } catch (error) {
      options.onError(error);
    }
  };
  watcher.on('all', (_event, file) => {
    changed.add(path.resolve(file));
    clearTimeout(timer);
    timer = setTimeout(() => {
      work = work.then(reload);
    }, SETTLE_MS);
  });
  watcher.on('error', options.onError);
  await new Promise<void>((resolve) => watcher.once('ready', resolve));

  return {
    jobs: first,
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await work;
    },
  };
}

/** Folders that never hold code are not watched; `_lib` is, since jobs import from it. */
function isOutOfSight(file: string, directory: string, kind: 'file' | 'folder'): boolean {
  const name = path.basename(file);
  if (file === directory) return false;
  return name === 'node_modules' || (name.startsWith('.') && isIgnored(name, kind));
}

type Reloader = {
  /** Loads what the changed files touch, and every file that is broken or new. */
  reload(changed: string[]): Promise<JobSet>;
  /** Files that jobs import from outside the jobs folder. */
  outsideFiles(): string[];
};

async function createReloader(options: ImporterOptions): Promise<Reloader> {
  const { directory } = options;
  const importer = await createImporter(options);
  const loaded = new Map<string, LoadedFile>();
  const lastGood = new Map<string, JobDefinition>();

  const reload = async (changed: string[]): Promise<JobSet> => {
    const [{ files, duplicates }, folder] = await Promise.all([discoverJobs(directory), loadCalendars(directory)]);
    const present = new Set(files.map(({ file }) => file));
    for (const file of loaded.keys()) if (!present.has(file)) loaded.delete(file);
    for (const file of lastGood.keys()) if (!present.has(file)) lastGood.delete(file);
    forgetTouched(importer, loaded, changed);
    for (const job of files) {
      const before = loaded.get(job.file);
      if (before !== undefined && 'job' in before.outcome && !touches(before, changed)) continue;
      const now = await loadFile(job, { importer, directory });
      loaded.set(job.file, now);
      if ('job' in now.outcome) lastGood.set(job.file, now.outcome.job);
    }
    const { broken, calendars } = toJobSet(loaded.values(), { duplicates, directory, calendars: folder });
    // Jobs that wait for each other have no last good version: each of them may have been good alone.
    const { jobs } = sortOutFaults(sortByName(lastGood.values()), broken, directory);
    return { jobs, calendars, broken };
  };
  return {
    reload,
    outsideFiles: () => [...loaded.values()].flatMap(({ files }) => files).filter(isOutside(directory)),
  };
}

const isOutside = (directory: string) => (file: string) => path.relative(directory, file).startsWith('..');

const touches = ({ files }: LoadedFile, changed: string[]): boolean => files.some((file) => changed.includes(file));

/**
 * A module holds on to what it imported, so all files between a job and the changed file must be read again. What was
 * not touched stays as it is: a pool of connections in a shared file outlives the edit of a job.
 */
function forgetTouched(importer: Importer, loaded: Map<string, LoadedFile>, changed: string[]): void {
  importer.forget(changed);
  for (const entry of loaded.values()) {
    if (!touches(entry, changed)) continue;
    importer.forget(entry.files.filter((file) => filesOf(file).some((imported) => changed.includes(imported))));
  }
}
