import { uuidv7 } from 'uuidv7';
import type { JobDefinition } from '../core/definition.ts';
import type { EventBus } from '../core/events.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { Clock } from '../core/time/units.ts';
import { translateRedisError } from '../store/errors.ts';
import type { Retention } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { applyJobs, type Application, type Applied } from './apply.ts';
import { createBackfillsClient, type BackfillsClient } from './backfills.ts';
import { createCalendarsClient, type CalendarsClient } from './calendars.ts';
import { checkPayload, createEnqueue, type Enqueue } from './enqueue.ts';
import { createExplainClient, type ExplainClient } from './explain.ts';
import { createFreezesClient, type FreezesClient } from './freezes.ts';
import { createJobsClient, type JobsClient } from './jobs.ts';
import { createOutlookClient, type OutlookClient } from './outlook.ts';
import { readSystem, type Overview } from './overview.ts';
import { createRunsClient, type RunsClient } from './runs.ts';
import { createSchedulesClient, type SchedulesClient } from './schedules.ts';
import { createTrigger } from './trigger.ts';

/** Everything that can be asked of Belfry from outside its loops: by application code, the CLI, the API and tests. */
export type Client = {
  /** One run; resolves with its id. */
  enqueue(job: string, payload?: Json, options?: EnqueueOptions): Promise<string>;
  /** Many runs of one job in one call; resolves with their ids, in order. */
  enqueueMany: Enqueue;
  jobs: JobsClient;
  runs: RunsClient;
  schedules: SchedulesClient;
  backfills: BackfillsClient;
  freezes: FreezesClient;
  calendars: CalendarsClient;
  explain: ExplainClient;
  outlook: OutlookClient;
  overview(): Promise<Overview>;
  /** Makes Redis say what these definitions say, removed jobs included; jobs named in `keep` are left as they are. */
  apply(definitions: JobDefinition[], keep?: readonly string[], calendars?: Application['calendars']): Promise<Applied>;
};

export type ClientDeps = {
  store: Store;
  clock: Clock;
  events: EventBus;
  maxPayloadBytes: number;
  retention: Retention;
  /** Verdicts kept per job. */
  ledgerCount: number;
  /** What tells deployments apart, for `@reboot`. */
  deployment: Application['deployment'];
  definition: (job: string) => JobDefinition | undefined;
};

export function createClient(deps: ClientDeps): Client {
  const { store, retention, ledgerCount } = deps;
  const enqueueMany = createEnqueue(deps);
  const check = (job: string, payload: Json): Promise<string> | string => checkPayload(deps, job, payload);
  const trigger = createTrigger({ store, enqueue: enqueueMany, checkPayload: check, retention });
  const schedules = createSchedulesClient({ ...deps, checkPayload: check, trigger, ledgerCount });
  const runs = createRunsClient(store, retention);
  return {
    async enqueue(job, payload = null, options = {}) {
      const [id] = await enqueueMany(job, [payload], options);
      return id as string;
    },
    enqueueMany,
    jobs: coded(createJobsClient({ store, trigger, schedules })),
    runs: coded(runs),
    schedules: coded(schedules),
    backfills: coded(createBackfillsClient({ store, checkPayload: check })),
    freezes: coded(createFreezesClient({ store, events: deps.events, newId: () => uuidv7().slice(-12) })),
    calendars: coded(createCalendarsClient(store)),
    explain: coded(createExplainClient(store, runs)),
    outlook: coded(createOutlookClient(store)),
    ...coded({
      overview: () => readSystem(store),
      apply: (
        definitions: JobDefinition[],
        keep: readonly string[] = [],
        calendars: Application['calendars'] = new Map(),
      ) => applyJobs(store, { definitions, keep, calendars, deployment: deps.deployment, events: deps.events }),
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
