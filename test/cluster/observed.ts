import { makePlace } from '../support/belfry_process.ts';
import { freePort } from '../support/free_port.ts';
import { startProcess, type BelfryProcess, type Role } from '../support/processes.ts';
import type { TestPrometheus } from '../support/prometheus/server.ts';

/** One line of a deployment: what a supervisor keeps running, always at the same address, as a pod that is restarted does. */
export type Replica = {
  readonly role: Role;
  readonly address: string;
  isUp(): boolean;
  /** The living process. Throws while it is down. */
  process(): BelfryProcess;
  start(): Promise<void>;
  /** Ends it and takes it off the list that Prometheus scrapes. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
};

export type ObservedOptions = {
  redis: { url: string };
  prometheus: TestPrometheus;
  jobs: Readonly<Record<string, string>>;
  pools: Readonly<Record<string, { queues: string[]; concurrency: number }>>;
};

/** Short times: a fail-over and the move of a run must fit into a minute of the rules. */
const TIMES = { BELFRY_LEADER_TTL: '1s', BELFRY_RUN_LEASE: '2s', BELFRY_DRAIN: '1s' };

/** Processes over one folder of jobs, each scraped while it runs. */
export function openObserved({ redis, prometheus, jobs, pools }: ObservedOptions) {
  const place = makePlace(jobs);
  place.write('belfry.config.json', JSON.stringify({ pools }));
  const up = new Map<Replica, BelfryProcess>();
  const tell = (): void => prometheus.scrape([...up.keys()].map(({ address }) => address));

  return {
    folder: place.folder,
    /** Starts one more process, and answers once it is up. */
    async add(role: Role, words: readonly string[] = []): Promise<Replica> {
      const port = String(await freePort());
      const env = { REDIS_URL: redis.url, BELFRY_PORT: port, ...TIMES };
      const replica: Replica = {
        role,
        address: `127.0.0.1:${port}`,
        isUp: () => up.has(replica),
        process() {
          const process = up.get(replica);
          if (process === undefined) throw new Error(`the ${role} at ${port} is down`);
          return process;
        },
        async start() {
          up.set(replica, await startProcess({ role, words, cwd: place.folder, env }));
          tell();
        },
        async end(signal) {
          const process = replica.process();
          up.delete(replica);
          process.send(signal);
          await process.whenEnded();
          tell();
        },
      };
      await replica.start();
      return replica;
    },
  };
}
