import type { WorkerInfo } from '../../src/store/workers.ts';

/** What a worker says of itself: one that runs, alone in its process, and takes orders. */
export const workerInfo = (parts: Partial<WorkerInfo> & { id: string }): WorkerInfo => ({
  pool: 'default',
  host: 'h1',
  pid: 1,
  version: '1.0.0',
  queues: ['*'],
  order: 'weighted',
  jobs: 1,
  code: 'c',
  slots: 10,
  busy: 0,
  startedAt: 0,
  state: 'running',
  process: parts.id,
  roles: ['worker'],
  drainMs: 1_000,
  keepMs: 12_000,
  ...parts,
});
