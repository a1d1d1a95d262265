import { uuidv7 } from 'uuidv7';
import { BelfryError } from '../core/errors.ts';
import { checkTerms } from '../core/restart/begin.ts';
import { observe } from '../core/restart/observe.ts';
import { planRestart, type RestartStep } from '../core/restart/plan.ts';
import type { Member, Restart, RestartStatus, SeenWorker } from '../core/restart/restart.ts';
import { resumeRestart, type ResumeTerms } from '../core/restart/resume.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { translateRedisError } from '../store/errors.ts';
import type { StoredRestart } from '../store/restarts.ts';
import type { Store } from '../store/store.ts';
import { chooseMembers, DEFAULT_TERMS, lookAtWorkers, type RestartRequest } from './begin_restart.ts';
import { assertBy, assertText } from './notes.ts';

export type RestartWatch = {
  /** From then on nobody else is told; it resolves when those that are away are back, or have failed. */
  stop?: AbortSignal;
  /** Called with each change. */
  onProgress?: (restart: Restart) => void;
};

export type ResumeRequest = { by: string; terms?: ResumeTerms };
type Beginning = ({ kind: 'begin' } & RestartRequest) | ({ kind: 'resume' } & ResumeRequest);

const POLL_MS: DurationMs = 500;
/** A driver that says nothing for so long has lost the restart to whoever resumes it. */
const LEASE_MS: DurationMs = 30_000;
/** Looks in a row that may fail while Redis is away: nobody can be told meanwhile. */
const MOST_FAILED_LOOKS = 120;

type Drive = { store: Store; driver: string; watch: RestartWatch };
type Held = { restart: Restart; revision: number };

/** Begins or resumes a restart in waves, and drives it to its end. See WorkersClient.restart. */
export async function runRestart(store: Store, request: Beginning, watch: RestartWatch = {}): Promise<Restart> {
  const drive: Drive = { store, driver: uuidv7(), watch };
  const held = await takeUp(drive, request);
  watch.onProgress?.(held.restart);
  return driveOn(drive, held);
}

async function takeUp({ store, driver }: Drive, request: Beginning): Promise<Held> {
  const { seen, now } = await lookAtWorkers(store);
  const stored = await store.restarts.read();
  const by = assertBy(request.by);
  let restart: Restart;
  if (request.kind === 'resume') {
    const last = assertUnfinished(stored);
    checkTerms({ ...last.terms, ...request.terms });
    restart = { ...resumeRestart(last, request.terms ?? {}, seen, now), by };
  } else {
    const terms = checkTerms({ ...DEFAULT_TERMS, ...request.terms });
    assertFinished(stored, request.unfinished ?? 'refuse');
    const members = chooseMembers(seen, terms, request.roles ?? 'worker');
    const note = request.note === undefined ? {} : { note: assertText(request.note, 'note') };
    restart = { id: uuidv7(), by, ...note, beganAt: now, updatedAt: now, status: 'running', terms, members };
  }
  const saved = await store.restarts.save({ driver, leaseMs: LEASE_MS, revision: stored?.revision ?? 0, restart });
  if (saved.answer === 'saved') return { restart, revision: saved.revision };
  throw underWay((await store.restarts.read())?.restart);
}

function assertUnfinished(stored: StoredRestart | undefined): Restart {
  if (stored !== undefined && stored.restart.status !== 'done') return stored.restart;
  throw new BelfryError('NOT_FOUND', 'there is no unfinished restart to resume', {
    hint: 'begin one: belfry workers restart',
  });
}

/** One that is driven by somebody is refused by the script in any case; this is about one that nobody drives. */
function assertFinished(stored: StoredRestart | undefined, manner: 'refuse' | 'abandon'): void {
  if (manner === 'abandon' || stored === undefined || stored.restart.status === 'done') return;
  if (stored.restart.members.every(({ toldAt }) => toldAt === undefined)) return;
  throw new BelfryError(
    'ALREADY_RUNNING',
    `a restart by ${stored.restart.by} is not finished (${stored.restart.status})`,
    {
      hint: 'go on with it: belfry workers restart --resume; or begin anew with --abandon',
    },
  );
}

function underWay(restart: Restart | undefined): BelfryError {
  return new BelfryError('ALREADY_RUNNING', `a restart by ${restart?.by ?? 'somebody else'} is under way`, {
    hint: 'wait for it, or interrupt it where it runs; see `belfry workers restart --status`',
  });
}

async function driveOn(drive: Drive, begun: Held): Promise<Restart> {
  let held = begun;
  let failedLooks = 0;
  for (;;) {
    try {
      held = await takeStep(drive, held);
      failedLooks = 0;
    } catch (thrown) {
      const error = translateRedisError(thrown);
      failedLooks += 1;
      if (error.code !== 'REDIS_UNAVAILABLE' || failedLooks > MOST_FAILED_LOOKS) throw error;
    }
    if (held.restart.status !== 'running') return held.restart;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** One look and what follows from it: who is told and what is known of the others is written in one step. */
async function takeStep({ store, driver, watch }: Drive, { restart, revision }: Held): Promise<Held> {
  const { seen, now } = await lookAtWorkers(store);
  const observed = observe(restart, seen, now);
  const step = planRestart(observed, watch.stop?.aborted === true ? 'finish' : 'go on');
  const next: Restart = { ...observed, ...outcomeOf(step, observed.members, now) };
  const isChanged = JSON.stringify(next) !== JSON.stringify(restart);
  const answer = await store.restarts.save({
    driver,
    leaseMs: next.status === 'running' ? LEASE_MS : 0,
    revision,
    restart: isChanged ? { ...next, updatedAt: now } : undefined,
    tell: { order: { by: restart.by, restart: restart.id, ...noteOf(restart) }, workers: workersToTell(next, seen) },
  });
  if (answer.answer !== 'saved') return readAgain({ store, driver });
  if (isChanged) watch.onProgress?.(next);
  return { restart: next, revision: answer.revision };
}

/** One worker of each process that was told and does not drain yet: a Redis that lost the order in a failover gets it again. */
function workersToTell({ members }: Restart, seen: readonly SeenWorker[]): string[] {
  const running = new Set(seen.filter(({ state }) => state === 'running').map(({ id }) => id));
  const told = members.filter(({ toldAt }) => toldAt !== undefined);
  return told.flatMap(({ workers }) => workers.find(({ id }) => running.has(id))?.id ?? []);
}

function outcomeOf(step: RestartStep, members: readonly Member[], now: EpochMs): Pick<Restart, 'status' | 'members'> {
  if (step.kind === 'tell') {
    const told = new Set(step.processes);
    const tell = (member: Member): Member => (told.has(member) ? { ...member, toldAt: now, awaySince: now } : member);
    return { status: 'running', members: members.map(tell) };
  }
  return { status: STATUS[step.kind], members };
}

const STATUS = { wait: 'running', done: 'done', stop: 'stopped', interrupted: 'interrupted' } as const satisfies Record<
  Exclude<RestartStep['kind'], 'tell'>,
  RestartStatus
>;

const noteOf = ({ note }: Restart): { note?: string } => (note === undefined ? {} : { note });

/** An answer that was lost on its way leaves a newer state of our own; anybody else's means that we were away too long. */
async function readAgain({ store, driver }: Omit<Drive, 'watch'>): Promise<Held> {
  const stored = await store.restarts.read();
  if (stored?.driver === driver) return { restart: stored.restart, revision: stored.revision };
  throw underWay(stored?.restart);
}
