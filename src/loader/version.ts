import { createHash } from 'node:crypto';
import type { JobDefinition } from '../core/definition.ts';
import type { SourceFile } from './imports.ts';

/** Hash of the files that a job was loaded from; a job that goes takes its entry along. */
const sourceHashes = new WeakMap<JobDefinition, string>();

/** Notes the files that a job was made of: itself and all that it imports by a relative path. */
export function rememberSources(job: JobDefinition, sources: SourceFile[]): void {
  const hash = createHash('sha256');
  for (const { source } of sources) hash.update(`${source.length} `).update(source);
  sourceHashes.set(job, hash.digest('hex'));
}

/**
 * Version of a set of jobs: 16 hex digits that change with any line of any job or of what it imports, and are the same
 * on each machine with the same files. A job that was handed over in code counts with its fields and its run's text.
 */
export function versionOf(jobs: readonly JobDefinition[]): string {
  const hash = createHash('sha256');
  for (const job of jobs.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${job.name} ${sourceHashes.get(job) ?? JSON.stringify(job) + String(job.run)}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
