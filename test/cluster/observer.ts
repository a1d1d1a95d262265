import { afterAll, expect } from 'vitest';
import { assemble } from '../../src/assembly.ts';
import type { Client } from '../../src/client/client.ts';
import type { RunView } from '../../src/client/runs.ts';
import { loadConfig } from '../../src/config.ts';
import type { JobDefinition } from '../../src/core/definition.ts';
import { createEventBus } from '../../src/core/events.ts';
import { loadJobs } from '../../src/loader/load.ts';
import type { ShardStore } from '../../src/store/store.ts';
import { importPackage } from '../support/jobs_folder.ts';

/** The client of a test: it asks the same Redis as the fleet, and takes no part in it. */
export type Observer = {
  readonly client: Client;
  readonly jobs: JobDefinition[];
  /** The first shard, past the client. */
  readonly store: ShardStore;
  /** Pid of the leader of shard 0, as Redis knows it. */
  leaderPid(): Promise<number | undefined>;
  /** Finished runs of all jobs. */
  records(): Promise<FinishedView[]>;
  /** Fails unless everything is at rest: no held lease, no running run, none that is ready or delayed. */
  assertRest(): Promise<void>;
};

type FinishedView = Extract<RunView, { kind: 'finished' }>;

const open = new Set<() => void>();
afterAll(() => {
  for (const close of open) close();
});

export async function openObserver(redisUrl: string, jobsFolder: string): Promise<Observer> {
  const config = loadConfig({ env: { REDIS_URL: redisUrl }, cwd: jobsFolder });
  const assembly = assemble({
    target: config.redis,
    config: { ...config, cacheFolder: undefined },
    events: createEventBus(),
    about: { host: 'observer', pid: process.pid, version: '0', tzVersion: '' },
    newId: () => 'observer',
    random: () => 0,
  });
  open.add(() => assembly.close());
  // One after the other: while files are compiled nothing else happens here, and an answer of Redis would come too late.
  const { jobs } = await loadJobs({ directory: jobsFolder, importPackage });
  await assembly.connect();
  const { store } = assembly;
  const client = await assembly.client();
  const first = store.shards[0] as ShardStore;
  const { shard } = first;
  return {
    client,
    jobs,
    store: first,
    async leaderPid() {
      const [leader] = (await client.overview()).leaders;
      return (leader?.about as { pid: number } | undefined)?.pid;
    },
    async records() {
      const views = await Promise.all(jobs.map(({ name }) => client.runs.list({ job: name, limit: 100_000 })));
      return views.flat().filter((view) => view.kind === 'finished');
    },
    async assertRest() {
      const { running, queues } = await client.overview();
      const leases = await shard.connection.zcard(shard.key('leases'));
      const waiting = queues.filter(({ ready, delayed }) => ready + delayed > 0);
      expect({ leases, running, waiting }).toEqual({ leases: 0, running: 0, waiting: [] });
    },
  };
}
