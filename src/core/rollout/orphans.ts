/** A job that is not among the known ones, with what is left of it. */
export type Orphan = {
  job: string;
  /** Schedules that go on firing runs of it. */
  schedules: number;
  /** Unfinished runs, which wait for a worker with its code. */
  runs: number;
};

/** Unfinished runs of a job in a queue, by state. */
export type KindCounts = {
  queue: string;
  job: string;
  ready: number;
  /** Until an instant, behind another run or for their children. */
  waiting: number;
  retrying: number;
  running: number;
};

export type OrphanFacts = {
  kinds: readonly KindCounts[];
  /** Schedules of a job that the API keeps; its own one goes with the job. */
  scheduled: ReadonlyMap<string, { others: number }>;
  known: ReadonlySet<string>;
};

/** By name. */
export function findOrphans({ kinds, scheduled, known }: OrphanFacts): Orphan[] {
  const orphans = new Map<string, Orphan>();
  const orphan = (job: string): Orphan => {
    const found = orphans.get(job) ?? { job, schedules: 0, runs: 0 };
    orphans.set(job, found);
    return found;
  };
  for (const kind of kinds) if (!known.has(kind.job)) orphan(kind.job).runs += unfinished(kind);
  for (const [job, { others }] of scheduled) {
    if (others > 0 && !known.has(job)) orphan(job).schedules += others;
  }
  return [...orphans.values()].sort((a, b) => (a.job < b.job ? -1 : 1));
}

export function unfinished({ ready, waiting, retrying, running }: KindCounts): number {
  return ready + waiting + retrying + running;
}
