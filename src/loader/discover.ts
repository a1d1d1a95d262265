import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { BelfryError } from '../core/errors.ts';

/** A file that should hold a job: its absolute path, and the job name that its path spells. */
export type JobFile = { name: string; file: string };

/** Files that spell the same job name: `a.ts` and `a.js`. The first, in alphabetical order, is the one that counts. */
export type DuplicateFile = JobFile & { first: string };

const JOB_FILE = /\.(?:ts|mts|js|mjs)$/;
const NOT_A_JOB = /\.d\.m?ts$|\.test\.\w+$/;

/** True for `_lib`, `.git`, `x.test.ts`, `x.d.ts`, `notes.md`: what lives in the folder without being a job. */
export function isIgnored(name: string, kind: 'file' | 'folder'): boolean {
  if (name.startsWith('_') || name.startsWith('.') || name === 'node_modules') return true;
  return kind === 'file' && (!JOB_FILE.test(name) || NOT_A_JOB.test(name));
}

/**
 * Lists the job files below a folder, by name. Throws NOT_FOUND when the folder is missing: an empty set of jobs would
 * look like "all jobs were removed".
 */
export async function discoverJobs(directory: string): Promise<{ files: JobFile[]; duplicates: DuplicateFile[] }> {
  const paths = await listFiles(directory);
  const byName = new Map<string, string>();
  const duplicates: DuplicateFile[] = [];
  for (const file of paths.toSorted()) {
    const name = nameOf(directory, file);
    const first = byName.get(name);
    if (first === undefined) byName.set(name, file);
    else duplicates.push({ name, file, first });
  }
  return { files: [...byName].map(([name, file]) => ({ name, file })), duplicates };
}

/** `/app/jobs/partners/poll.ts` under `/app/jobs` is job `partners/poll`. */
function nameOf(directory: string, file: string): string {
  return path.relative(directory, file).replace(JOB_FILE, '').split(path.sep).join('/');
}

async function listFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [directory];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readFolder(folder, directory)) {
      if (isIgnored(entry.name, entry.isDirectory() ? 'folder' : 'file')) continue;
      (entry.isDirectory() ? folders : found).push(path.join(folder, entry.name));
    }
  }
  return found;
}

async function readFolder(folder: string, directory: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // A folder that goes away while it is being listed holds no jobs any more; only the root must be there.
    if (code === 'ENOENT' && folder !== directory) return [];
    throw new BelfryError('NOT_FOUND', `the jobs folder ${folder} cannot be read (${code ?? 'unknown error'})`, {
      hint: 'create it with at least one job file, or point BELFRY_JOBS at the folder that has them',
      cause: error,
    });
  }
}
