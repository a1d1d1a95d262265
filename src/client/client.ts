import type { JobDefinition } from '../core/definition.ts';
import type { EventBus } from '../core/events.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { Clock } from '../core/time/units.ts';
import { translateRedisError } from '../store/errors.ts';
import type { Retention } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { applyJobs, type Applied } from './apply.ts';
import { checkPayload, createEnqueue, type Enqueue } from './enqueue.ts';
import { createJobsClient, type JobsClient } from './jobs.ts';
import { readSystem, type Overview } from './overview.ts';
import { createRunsClient, type RunsClient } from './runs.ts';

/** Everything that can be asked of Belfry from outside its loops: by application code, the CLI, the API and tests. */
export type Client = {
  /** One run; resolves with its id. */
  enqueue(job: string, payload?: Json, options?: EnqueueOptions): Promise<string>;
  /** Many runs of one job in one call; resolves with their ids, in order. */
  enqueueMany: Enqueue;
  jobs: JobsClient;
  runs: RunsClient;
  overview(): Promise<Overview>;
  /** Makes Redis say what these definitions say, removed jobs included; jobs named in `keep` are left as they are. */
  apply(definitions: JobDefinition[], keep?: readonly string[]): Promise<Applied>;
};

export type ClientDeps = {
  store: Store;
  clock: Clock;
  events: EventBus;
  maxPayloadBytes: number;
  retention: Retention;
  definition: (job: string) => JobDefinition | undefined;
};

export function createClient(deps: ClientDeps): Client {
  const { store } = deps;
  const enqueueMany = createEnqueue(deps);
  return {
    async enqueue(job, payload = null, options = {}) {
      const [id] = await enqueueMany(job, [payload], options);
      return id as string;
    },
    enqueueMany,
    jobs: coded(
      createJobsClient({
        store,
        enqueue: enqueueMany,
        checkPayload: (job, payload) => checkPayload(deps, job, payload),
      }),
    ),
    runs: coded(createRunsClient(store, deps.retention)),
    ...coded({
      overview: () => readSystem(store),
      apply: (definitions: JobDefinition[], keep: readonly string[] = []) =>
        applyJobs(store, { definitions, keep, events: deps.events }),
    }),
  };
}

/** The same functions, which throw coded errors only: what ioredis throws is translated. */
function coded<Methods extends Record<string, (...args: never[]) => Promise<unknown>>>(methods: Methods): Methods {
  const wrapped = Object.entries(methods).map(([name, act]) => [
    name,
    async (...args: never[]) => {
      try {
        return await act(...args);
      } catch (thrown) {
        throw translateRedisError(thrown);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Methods;
}
