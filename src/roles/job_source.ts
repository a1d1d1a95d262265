import type { Config } from '../config.ts';
import { messageOf } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import { loadJobs, type JobSet } from '../loader/load.ts';
import { cacheFolderOf } from './cache_folder.ts';

/** The jobs folder of this process. */
export type JobSource = {
  /** The set as it is now; a file that broke while it was watched is still in with its last good version. */
  current(): JobSet;
  close(): Promise<void>;
};

export type JobSourceOptions = {
  config: Config;
  importPackage: string;
  events: EventBus;
  /** `watched`: files are loaded again as they change, and `onChange` gets each new set. */
  mode: 'loaded' | 'watched';
  onChange(set: JobSet): void;
  onError(message: string): void;
};

/** Loads the jobs folder and says what was found. Throws NOT_FOUND when the folder is missing. */
export async function openJobSource(options: JobSourceOptions): Promise<JobSource> {
  const { config, importPackage, events, mode } = options;
  const place = { directory: config.jobsFolder, importPackage, cacheDirectory: cacheFolderOf(config) };
  let current: JobSet;
  if (mode === 'loaded') {
    current = await loadJobs(place);
    announce(current, [], events);
    return { current: () => current, close: () => Promise.resolve() };
  }
  const { watchJobs } = await import('../loader/watch.ts');
  const watcher = await watchJobs({
    ...place,
    onChange(set) {
      const { broken } = current;
      current = set;
      announce(set, broken.map(keyOf), events);
      options.onChange(set);
    },
    onError: (error) => options.onError(`${config.jobsFolder} cannot be watched: ${messageOf(error)}`),
  });
  current = watcher.jobs;
  // Whoever watches has been shown the first set's broken files by the table of jobs.
  announce(current, current.broken.map(keyOf), events);
  return { current: () => current, close: () => watcher.close() };
}

const keyOf = ({ where, reason }: JobSet['broken'][number]): string => `${where} ${reason}`;

/** A file that stays broken in the same way is told once. */
function announce({ jobs, broken }: JobSet, told: string[], events: EventBus): void {
  for (const item of broken) {
    if (told.includes(keyOf(item))) continue;
    events.emit('jobs.broken', { file: item.where, error: item.reason, hint: item.hint });
  }
  events.emit('jobs.loaded', { total: jobs.length, broken: broken.length });
}
