import type { EpochMs } from '../time/units.ts';
import { beginRestart } from './begin.ts';
import { fitsTerms, observe } from './observe.ts';
import type { Member, Restart, RestartTerms, SeenWorker } from './restart.ts';

/** Settings that may be others for the rest of a restart; whom it is about stays. */
export type ResumeTerms = Partial<
  Pick<RestartTerms, 'maxUnavailable' | 'waitNewMs' | 'maxFailures' | 'slots' | 'place'>
>;

/**
 * Goes on with a restart that stopped, was interrupted or lost its driver. What failed is waited for once more. A new worker
 * that is not what was asked for, such as one that was started with the old version, is restarted in its turn.
 */
export function resumeRestart(
  restart: Restart,
  terms: ResumeTerms,
  seen: readonly SeenWorker[],
  now: EpochMs,
): Restart {
  const wanted = { ...restart, terms: { ...restart.terms, ...terms } };
  const { members } = observe(wanted, seen, now);
  const known = new Set(members.flatMap(({ workers }) => workers.map(({ id }) => id)));
  const newcomers = seen.filter((worker) => !known.has(worker.id) && !fitsTerms(worker, wanted.terms));
  const targets = beginRestart(newcomers, wanted.terms, 'workers only').members.filter(({ part }) => part === 'target');
  const kept = [...members];
  for (const target of targets) {
    const at = kept.findIndex((member) => isPlaceOf(member, target, wanted.terms));
    if (at >= 0) kept.splice(at, 1);
  }
  return {
    ...wanted,
    status: 'running',
    updatedAt: now,
    members: [...kept, ...targets].map((one) => forgive(one, now)),
  };
}

/** Whether a process came in the place of one that is gone. */
function isPlaceOf({ goneAt, workers }: Member, target: Member, { place }: RestartTerms): boolean {
  if (goneAt === undefined) return false;
  return workers.every((one) =>
    target.workers.some(({ pool, host }) => pool === one.pool && (place === 'any-host' || host === one.host)),
  );
}

function forgive(member: Member, now: EpochMs): Member {
  const { process, workers, drainMs, part, toldAt, awaySince, goneAt, isReplaced } = member;
  return {
    process,
    workers,
    drainMs,
    part,
    falls: 0,
    ...(toldAt === undefined ? {} : { toldAt }),
    ...(awaySince === undefined ? {} : { awaySince: now }),
    ...(goneAt === undefined ? {} : { goneAt: now }),
    ...(isReplaced === undefined ? {} : { isReplaced }),
  };
}
