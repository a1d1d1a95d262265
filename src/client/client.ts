import { uuidv7 } from 'uuidv7';
import type { JobDefinition } from '../core/definition.ts';
import type { EventBus } from '../core/events.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { PayloadOf } from '../core/job_payloads.ts';
import type { BulkEntries, PayloadArguments } from '../core/job_ref.ts';
import type { Seal } from '../core/seal.ts';
import type { Clock } from '../core/time/units.ts';
import type { OfferTracing } from '../core/tracing.ts';
import { translateRedisError } from '../store/errors.ts';
import type { Retention } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { Enqueued } from '../store/unique_runs.ts';
import { applyJobs, type Application, type Applied } from './apply.ts';
import { createBackfillsClient, type BackfillsClient } from './backfills.ts';
import { createBatchesClient, type BatchesClient } from './batches.ts';
import { createBulkClient, type BulkClient } from './bulk.ts';
import { createCalendarsClient, type CalendarsClient } from './calendars.ts';
import { createDeadLettersClient, exportLetters, type DeadLetters } from './dead_letters.ts';
import { createDependenciesClient, type DependenciesClient } from './dependencies.ts';
import type { DesiredState, Prune } from './desired_state.ts';
import { createDriftReader, type Drift } from './drift.ts';
import { checkPayload, createEnqueue, createEnqueueTold } from './enqueue.ts';
import { createEnqueueBulk } from './enqueue_bulk.ts';
import { createExplainClient, type ExplainClient } from './explain.ts';
import { createFreezesClient, type FreezesClient } from './freezes.ts';
import { createJobsClient, type JobsClient } from './jobs.ts';
import { createLimitsClient, type LimitsClient } from './limits.ts';
import { createOutlookClient, type OutlookClient } from './outlook.ts';
import { readSystem, type Overview } from './overview.ts';
import { planApplication, type Plan, type PlanRequest } from './plan.ts';
import { createQueuesClient, type QueuesClient } from './queues.ts';
import { createRolloutClient, type RolloutClient } from './rollout.ts';
import { createRunsClient, type RunsClient } from './runs.ts';
import { createSchedulesClient, type SchedulesClient } from './schedules.ts';
import { createTrigger } from './trigger.ts';
import { createWorkersClient, type WorkersClient } from './workers.ts';

/** Everything that can be asked of Belfry from outside its loops: by application code, the CLI, the API and tests. */
export type Client = {
  /** One run; resolves with its id. The payload has the type of the reference or of the declared name: see jobRef. */
  enqueue<Job extends string>(job: Job, ...rest: PayloadArguments<Job>): Promise<string>;
  /**
   * One run, told what became of it: `duplicate`, `replaced` and `moved` say that the id is of another run, which has its
   * unique key (`duplicate` also of an own id that was used before).
   */
  enqueueTold<Job extends string>(job: Job, ...rest: PayloadArguments<Job>): Promise<Enqueued>;
  /** Many runs of one job in one call; resolves with their ids, in order. */
  enqueueMany<Job extends string>(job: Job, payloads: PayloadOf<Job>[], options?: EnqueueOptions): Promise<string[]>;
  /**
   * Many runs of several jobs in as few calls as there can be; resolves with their ids, in order. All are checked before
   * any is sent; over several shards it is not one step.
   */
  enqueueBulk<const Jobs extends readonly string[]>(entries: BulkEntries<Jobs>): Promise<string[]>;
  jobs: JobsClient;
  runs: RunsClient;
  schedules: SchedulesClient;
  backfills: BackfillsClient;
  freezes: FreezesClient;
  calendars: CalendarsClient;
  limits: LimitsClient;
  queues: QueuesClient;
  workers: WorkersClient;
  bulk: BulkClient;
  deadLetters: DeadLetters;
  dependencies: DependenciesClient;
  batches: BatchesClient;
  explain: ExplainClient;
  outlook: OutlookClient;
  rollout: RolloutClient;
  overview(): Promise<Overview>;
  /**
   * Makes Redis say what these definitions say; jobs named in `keep` are left as they are, and jobs that are not named at all
   * are removed unless `prune` is `nothing`.
   */
  apply(
    definitions: JobDefinition[],
    keep?: readonly string[],
    calendars?: Application['calendars'],
    prune?: Prune,
  ): Promise<Applied>;
  /** What `apply` would do. Reads only. */
  plan(wanted: PlanRequest): Promise<Plan>;
  /** How many jobs `apply` would add, change and remove; cheap enough to be asked for all the time. */
  drift(wanted: DesiredState): Promise<Drift>;
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
  seal: Seal;
  tracing: OfferTracing;
};

export function createClient(deps: ClientDeps): Client {
  const { store, retention, ledgerCount } = deps;
  const enqueueMany = createEnqueue(deps);
  const enqueueTold = createEnqueueTold(deps);
  const check = (job: string, payload: Json): Promise<string> | string => checkPayload(deps, job, payload);
  const trigger = createTrigger({ store, enqueue: enqueueMany, checkPayload: check, retention, seal: deps.seal });
  const schedules = createSchedulesClient({ ...deps, checkPayload: check, trigger, ledgerCount });
  const runs = createRunsClient(store, retention, deps.seal);
  const bulk = createBulkClient(store);
  const letters = coded(createDeadLettersClient({ store, bulk, seal: deps.seal }));
  return {
    async enqueue(job, ...rest) {
      const [payload = null, options = {}] = rest as [payload?: Json, options?: EnqueueOptions];
      const [id] = await enqueueMany(job, [payload], options);
      return id as string;
    },
    async enqueueTold(job, ...rest) {
      const [payload = null, options = {}] = rest as [payload?: Json, options?: EnqueueOptions];
      const [told] = await enqueueTold(job, [payload], options);
      return told as Enqueued;
    },
    enqueueMany: (job, payloads, options) => enqueueMany(job, payloads as Json[], options),
    enqueueBulk: createEnqueueBulk(deps),
    jobs: coded(createJobsClient({ store, trigger, schedules })),
    runs: coded(runs),
    schedules: coded(schedules),
    backfills: coded(createBackfillsClient({ store, checkPayload: check, seal: deps.seal })),
    freezes: coded(createFreezesClient({ store, events: deps.events, newId: () => uuidv7().slice(-12) })),
    calendars: coded(createCalendarsClient(store)),
    limits: coded(createLimitsClient(store)),
    queues: coded(createQueuesClient({ store, events: deps.events, bulk })),
    workers: coded(createWorkersClient(store)),
    bulk: coded(bulk),
    deadLetters: { ...letters, export: (filter) => exportLetters(letters.list, filter) },
    batches: coded(createBatchesClient(deps)),
    dependencies: coded(createDependenciesClient(store)),
    explain: coded(createExplainClient(store, runs)),
    outlook: coded(createOutlookClient(store)),
    rollout: coded(createRolloutClient(store)),
    ...coded({
      overview: () => readSystem(store),
      apply: (
        definitions: JobDefinition[],
        keep: readonly string[] = [],
        calendars: Application['calendars'] = new Map(),
        prune: Prune = 'missing',
      ) => applyJobs(store, { ...deps, definitions, keep, calendars, prune }),
      plan: (wanted: PlanRequest) => planApplication(store, wanted, deps),
      drift: createDriftReader(store, deps),
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
