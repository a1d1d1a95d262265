import type { DurationMs, EpochMs } from './time/units.ts';

/**
 * A run as Redis keeps it while it is not finished: one string,
 * `<fireTime> <job> <queue> <priority>[+]<keys> <policy> <attempts> <failures> <crashes> [<extras> ]<payload JSON>`.
 * `+` says that there are extras: `<letter>=<value>;...`, of what few runs have (see core/extras). Names never hold a space, so the payload, which comes last, needs no escape. States are drawn in docs/states.md.
 */
export type Run = {
  id: string;
  job: string;
  queue: string;
  priority: number;
  /** Its limit keys, packed (see core/limit); '' for none. */
  keys: string;
  /** Packed (see core/extras); '' for none. */
  extras: string;
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

export const RUN_STATES = ['waiting', 'ready', 'running', 'retrying', 'succeeded', 'dead', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];
export type FinalState = Extract<RunState, 'succeeded' | 'dead' | 'cancelled'>;

/** A live attempt: the run, and the fencing token that every write of the attempt is compared with. */
export type Attempt = { run: Run; token: string };

/** Nothing of a key starts for so many ms. `field` is where the key's limit is filed (see limitField). */
export type KeyHold = { key: string; field: string; ms: DurationMs };

/** How an attempt ended, as a worker or the reaper settles it. */
export type Settlement =
  | { outcome: 'succeeded'; bodyJson: string; logged: boolean }
  | { outcome: 'dead'; bodyJson: string; logged: boolean }
  | { outcome: 'cancelled'; bodyJson: string; logged: boolean }
  | { outcome: 'retrying'; delayMs: DurationMs; attempts: number; failures: number; crashes: number; bodyJson: string }
  /** Done but for the children that it has spawned: see Waiting in lua/_children. */
  | { outcome: 'spawned'; bodyJson: string; logged: boolean; next: 'gather' | 'finish'; children: 'all' | 'settled' }
  /** Put off by its handler, uncounted. */
  | { outcome: 'snoozed'; delayMs: DurationMs }
  /** Handed back, uncounted. `hold`: its partner takes no more, so nothing of the key starts for a while. */
  | { outcome: 'released'; hold?: KeyHold };

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

export type NewRun = Pick<Run, 'job' | 'queue' | 'priority' | 'policy' | 'payloadJson'> &
  Partial<Pick<Run, 'keys' | 'extras'>>;

/** What comes between the fire time and the payload of a new packed run: the same for all new runs of a job. */
export function packRunHead({
  job,
  queue,
  priority,
  policy,
  keys = '',
  extras = '',
}: Omit<NewRun, 'payloadJson'>): string {
  const head = `${job} ${queue} ${priority}`;
  return extras === '' ? `${head}${keys} ${policy} 0 0 0 ` : `${head}+${keys} ${policy} 0 0 0 ${extras} `;
}

/** The same for runs that each have their own extras: `<extras> <payload JSON>` follows, see packBody. */
export function packOpenHead({
  job,
  queue,
  priority,
  policy,
  keys = '',
}: Omit<NewRun, 'payloadJson' | 'extras'>): string {
  return `${job} ${queue} ${priority}+${keys} ${policy} 0 0 0 `;
}

/** What comes behind an open head. */
export function packBody({ extras, payloadJson }: Pick<Run, 'extras' | 'payloadJson'>): string {
  return `${extras} ${payloadJson}`;
}

/** Everything of a new packed run but its fire time, which Redis adds from its own clock. */
export function packNewRun(run: NewRun): string {
  return packRunHead(run) + run.payloadJson;
}

/** The lane of a run: its place in the queue's turn-taking. */
export function laneOf(job: string, priority: number, keys = ''): string {
  return `${priority}:${job}${keys}`;
}

export function unpackRun(id: string, packed: string): Run {
  const fields = new Array<string>(8);
  let from = 0;
  for (let i = 0; i < 8; i += 1) {
    const to = packed.indexOf(' ', from);
    fields[i] = packed.slice(from, to);
    from = to + 1;
  }
  const [fireTime, job, queue, place, policy, attempts, failures, crashes] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const hasExtras = place.charCodeAt(1) === 43; // "+"
  let extras = '';
  if (hasExtras) {
    const to = packed.indexOf(' ', from);
    extras = packed.slice(from, to);
    from = to + 1;
  }
  return {
    id,
    job,
    queue,
    priority: place.charCodeAt(0) - 48,
    keys: place.length === 1 ? '' : place.slice(hasExtras ? 2 : 1),
    extras,
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
