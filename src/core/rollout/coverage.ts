import { servesQueue } from '../queue_weights.ts';
import { unfinished, type KindCounts } from './orphans.ts';

/** A set of workers with the same queues and the same code. */
export type Crew = { queues: readonly string[]; jobs: ReadonlySet<string> };

/** A job that nobody could work on in a queue: `unserved`, nobody asks for the queue; `unknown`, nobody there has its code. */
export type Uncovered = {
  queue: string;
  job: string;
  /** Unfinished runs now; 0 for one that is only scheduled. */
  runs: number;
  why: 'unserved' | 'unknown';
};

export type CoverageFacts = {
  kinds: readonly KindCounts[];
  /** Jobs that fire again, and the queue that their runs go to. */
  scheduled: readonly { job: string; queue: string }[];
  crews: readonly Crew[];
};

/** The kinds of runs, queued now or to be made by a schedule, that no crew could work on; by queue and job. */
export function findUncovered({ kinds, scheduled, crews }: CoverageFacts): Uncovered[] {
  const wanted = new Map<string, { queue: string; job: string; runs: number }>();
  for (const kind of kinds) {
    const { queue, job } = kind;
    wanted.set(`${queue} ${job}`, { queue, job, runs: unfinished(kind) });
  }
  for (const { queue, job } of scheduled) {
    if (!wanted.has(`${queue} ${job}`)) wanted.set(`${queue} ${job}`, { queue, job, runs: 0 });
  }
  return [...wanted]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, kind]) => {
      const serving = crews.filter(({ queues }) => servesQueue(queues, kind.queue));
      if (serving.some(({ jobs }) => jobs.has(kind.job))) return [];
      return [{ ...kind, why: serving.length === 0 ? 'unserved' : 'unknown' }];
    });
}

/** `partners/poll in queue polling: 12 runs, and no worker of that queue has its code` */
export function describeUncovered({ queue, job, runs, why }: Uncovered): string {
  const counted = runs === 0 ? 'it is scheduled' : `${runs} ${runs === 1 ? 'run' : 'runs'}`;
  return `${job} in queue ${queue}: ${counted}, and no worker ${why === 'unserved' ? 'asks for that queue' : 'of that queue has its code'}`;
}
