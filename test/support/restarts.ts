import type { SeenWorker } from '../../src/core/restart/restart.ts';

/** A worker as the planner of a restart sees it: one that runs, alone in its process. */
export const seenWorker = (parts: Partial<SeenWorker> & { id: string }): SeenWorker => ({
  process: parts.id,
  host: 'h1',
  pid: 1,
  pool: 'default',
  version: '1.0.0',
  deployment: undefined,
  slots: 10,
  state: 'running',
  drainMs: 5_000,
  roles: ['worker'],
  ...parts,
});
