import type { DurationMs, EpochMs } from '../time/units.ts';

/** A live worker, as the planner of a restart sees it. */
export type SeenWorker = {
  id: string;
  /** The process that it lives in, which may have several workers, one per pool: they go together. */
  process: string;
  host: string;
  pid: number;
  pool: string;
  version: string;
  deployment: string | undefined;
  slots: number;
  /** `silent`: it has missed two beats, so it may be dead. */
  state: 'running' | 'draining' | 'silent';
  /** How long it lets its runs end when it is told to stop. */
  drainMs: DurationMs;
  /** What its process does; undefined where it takes no orders. */
  roles: readonly string[] | undefined;
};

/** What was asked for. */
export type RestartTerms = {
  /** Of each pool at a time: a number of workers, or a share such as `10%`. */
  maxUnavailable: string;
  /** Empty: all. */
  pools: readonly string[];
  /** Only workers of an older version are told, and a new one counts from this version on. */
  olderThan?: string;
  /** Only workers of another deployment are told, and a new one counts with this one. */
  deployment?: string;
  /** How long a new worker may take from the moment that the old one is gone. */
  waitNewMs: DurationMs;
  /** Workers that may fail to come back before the restart stops; each is written off. */
  maxFailures: number;
  /** Where the supervisor starts the new ones. */
  place: 'same-host' | 'any-host';
  /** `fewer`: new workers may have fewer slots than the old ones. */
  slots: 'as-many' | 'fewer';
};

/** `stays`: it was told and did not leave. `missing`: nothing came in its place. `crashes`: what came in its place went again, and again. */
export type MemberFailure = 'stays' | 'missing' | 'crashes';

export type MemberWorker = Pick<SeenWorker, 'id' | 'pool' | 'host' | 'pid' | 'slots' | 'version'>;

/** A process that lived when the restart began. */
export type Member = {
  process: string;
  workers: readonly MemberWorker[];
  drainMs: DurationMs;
  /** `bystander`: it counts, and is not told. */
  part: 'target' | 'bystander';
  toldAt?: EpochMs;
  /** Since when it does not work; unset while it does, or something in its place. */
  awaySince?: EpochMs;
  /** Since when it is not listed any more and nothing is in its place. */
  goneAt?: EpochMs;
  /** Whether something is in its place. */
  isReplaced?: true;
  /** How often what came in its place went again. */
  falls: number;
  failure?: MemberFailure;
};

export type RestartStatus = 'running' | 'done' | 'stopped' | 'interrupted';

/** A restart in waves, as it is stored. */
export type Restart = {
  id: string;
  by: string;
  note?: string;
  beganAt: EpochMs;
  updatedAt: EpochMs;
  status: RestartStatus;
  terms: RestartTerms;
  members: readonly Member[];
};

export type RestartCounts = {
  /** Processes that are to be restarted. */
  targets: number;
  replaced: number;
  /** Told or gone, and nothing is in their place yet. */
  away: number;
  failed: number;
  /** Not told yet. */
  left: number;
};

export function countRestart({ members }: Pick<Restart, 'members'>): RestartCounts {
  const targets = members.filter(({ part }) => part === 'target');
  const count = (matches: (member: Member) => boolean): number => targets.filter(matches).length;
  return {
    targets: targets.length,
    replaced: count((member) => isBack(member)),
    away: count((member) => isAway(member)),
    failed: members.filter(({ failure }) => failure !== undefined).length,
    left: count((member) => isUntouched(member)),
  };
}

/** Something is in its place. */
export const isBack = ({ isReplaced, failure }: Member): boolean => isReplaced === true && failure === undefined;

/** It does not work, and is still waited for. */
export const isAway = ({ awaySince, failure }: Member): boolean => awaySince !== undefined && failure === undefined;

/** It works as it did when the restart began. */
export const isUntouched = (member: Member): boolean =>
  member.failure === undefined && member.awaySince === undefined && member.isReplaced === undefined;
