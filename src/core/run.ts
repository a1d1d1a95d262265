import type { DurationMs, EpochMs } from './time/units.ts';

/**
 * A run as Redis keeps it while it is not finished: one string,
 * `<fireTime> <job> <queue> <priority> <policy> <attempts> <failures> <crashes> <payload JSON>`.
 * Names never hold a space, so the payload, which comes last, needs no escape. States are drawn in docs/states.md.
 */
export type Run = {
  id: string;
  job: string;
  queue: string;
  priority: number;
  /** Revision of the policy that the run was created under. */
  policy: string;
  fireTime: EpochMs;
  /** Attempts that were started, lost ones included; handed-back ones are not counted. */
  attempts: number;
  /** Attempts that ended in an error: these count against the policy's attempts. */
  failures: number;
  /** Attempts whose worker died or lost its lease. */
  crashes: number;
  payloadJson: string;
};

export type RunState = 'waiting' | 'ready' | 'running' | 'retrying' | 'succeeded' | 'dead' | 'cancelled';
export type FinalState = Extract<RunState, 'succeeded' | 'dead' | 'cancelled'>;

/** A live attempt: the run, and the fencing token that every write of the attempt is compared with. */
export type Attempt = { run: Run; token: string };

/** How an attempt ended, as a worker or the reaper settles it. */
export type Settlement =
  | { outcome: 'succeeded'; bodyJson: string; logged: boolean }
  | { outcome: 'dead'; bodyJson: string; logged: boolean }
  | { outcome: 'cancelled'; bodyJson: string; logged: boolean }
  | { outcome: 'retrying'; delayMs: DurationMs; attempts: number; failures: number; crashes: number; bodyJson: string }
  | { outcome: 'released' };

export type RunError = { name: string; message: string; stack?: string; code?: string };

/** A finished run as the history keeps it. */
export type FinishedRun = {
  run: Run;
  state: FinalState;
  finishedAt: EpochMs;
  /** 0 when it never started. */
  startedAt: EpochMs;
  worker: string;
  result: unknown;
  error: RunError | undefined;
};

/** Id of the run of one fire time: the same on each replica, so a fire time has one run at most. */
export function scheduledRunId(schedule: string, fireTime: EpochMs): string {
  return `${schedule}@${fireTime}`;
}

/** The schedule that fired a run, or undefined for a triggered or enqueued one. */
export function scheduleOf(runId: string): string | undefined {
  const at = runId.lastIndexOf('@');
  return at > 0 ? runId.slice(0, at) : undefined;
}

/** Priority of runs that make up for the past: they stand behind all live work of their queue. */
export const CATCH_UP_PRIORITY = 0;

/** What made a run: its schedule in time, its schedule late (paced), a backfill, or somebody by hand. */
export type RunOrigin = 'scheduled' | 'catch-up' | 'backfill' | 'enqueued';

/**
 * Tells what made a run. A catch-up has the id of its fire time, as any scheduled run, and is known by its priority; where
 * the job has that priority itself, it counts as scheduled.
 */
export function originOf({ id, priority }: Pick<Run, 'id' | 'priority'>, jobPriority: number): RunOrigin {
  const at = id.lastIndexOf('@');
  if (at <= 0) return 'enqueued';
  if (id.includes('!', at)) return 'backfill';
  return priority === CATCH_UP_PRIORITY && jobPriority !== CATCH_UP_PRIORITY ? 'catch-up' : 'scheduled';
}

export type NewRun = Pick<Run, 'job' | 'queue' | 'priority' | 'policy' | 'payloadJson'>;

/** What comes between the fire time and the payload of a new packed run: the same for all new runs of a job. */
export function packRunHead(run: Omit<NewRun, 'payloadJson'>): string {
  return `${run.job} ${run.queue} ${run.priority} ${run.policy} 0 0 0 `;
}

/** Everything of a new packed run but its fire time, which Redis adds from its own clock. */
export function packNewRun(run: NewRun): string {
  return packRunHead(run) + run.payloadJson;
}

/** The lane of a run: its place in the queue's turn-taking. */
export function laneOf(job: string, priority: number): string {
  return `${priority}:${job}`;
}

export function unpackRun(id: string, packed: string): Run {
  const fields = new Array<string>(8);
  let from = 0;
  for (let i = 0; i < 8; i += 1) {
    const to = packed.indexOf(' ', from);
    fields[i] = packed.slice(from, to);
    from = to + 1;
  }
  const [fireTime, job, queue, priority, policy, attempts, failures, crashes] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    id,
    job,
    queue,
    priority: Number(priority),
    policy,
    fireTime: Number(fireTime),
    attempts: Number(attempts),
    failures: Number(failures),
    crashes: Number(crashes),
    payloadJson: packed.slice(from),
  };
}

/** Reads a history record: `<L|-> <id> <outcome> <finished> <worker> <started> <body bytes> <body><packed run>`. */
export function unpackFinished(record: Buffer): FinishedRun {
  let from = 2;
  const word = (): string => {
    const to = record.indexOf(32, from);
    const text = record.toString('utf8', from, to);
    from = to + 1;
    return text;
  };
  const id = word();
  const state = word() as FinalState;
  const finishedAt = Number(word());
  const worker = word();
  const startedAt = Number(word());
  const bodyBytes = Number(word());
  const body = JSON.parse(record.toString('utf8', from, from + bodyBytes) || '{}') as {
    result?: unknown;
    error?: RunError;
  };
  return {
    run: unpackRun(id, record.toString('utf8', from + bodyBytes)),
    state,
    finishedAt,
    startedAt,
    worker,
    result: body.result,
    error: body.error,
  };
}
