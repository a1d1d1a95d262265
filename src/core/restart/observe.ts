import type { DurationMs, EpochMs } from '../time/units.ts';
import { isOlderVersion } from '../version_order.ts';
import type { Member, MemberFailure, MemberWorker, Restart, RestartTerms, SeenWorker } from './restart.ts';

/** Beyond its drain time: the kill of isolated handlers, the settlements and the way out of the list of workers. */
export const LEAVE_GRACE_MS: DurationMs = 30_000;
/** So often may what came in the place of a worker go again. */
const MOST_FALLS = 2;

/** Whether a new worker is what was asked for. */
export function fitsTerms(
  { version, deployment }: Pick<SeenWorker, 'version' | 'deployment'>,
  { olderThan, deployment: wanted }: Pick<RestartTerms, 'olderThan' | 'deployment'>,
): boolean {
  if (olderThan !== undefined && isOlderVersion(version, olderThan)) return false;
  return wanted === undefined || deployment === wanted;
}

/** Takes down, for each process that lived when the restart began, whether it works, is leaving, gone or replaced. */
export function observe(restart: Restart, seen: readonly SeenWorker[], now: EpochMs): Restart {
  const live = new Map(seen.map((worker) => [worker.id, worker]));
  const replaced = findReplaced(restart, seen, live);
  const members = restart.members.map((member) => {
    const next = observeMember(member, { live, replaced, now });
    return withFailure(next, { live, now, waitNewMs: restart.terms.waitNewMs });
  });
  return { ...restart, members };
}

type Look = { live: ReadonlyMap<string, SeenWorker>; now: EpochMs };

function observeMember(
  member: Member,
  { live, replaced, now }: Look & { replaced: ReadonlySet<MemberWorker> },
): Member {
  const { awaySince = now, goneAt = now, isReplaced, failure, ...rest } = member;
  const kept = failure === undefined ? {} : { failure };
  if (member.workers.some(({ id }) => live.has(id))) {
    return isWorking(member, live) ? rest : { ...rest, ...kept, awaySince };
  }
  if (member.workers.every((worker) => replaced.has(worker))) {
    // What has come after all is no failure any more; what keeps falling stays one.
    return { ...rest, ...(failure === 'crashes' ? { failure } : {}), isReplaced: true };
  }
  const falls = member.falls + (isReplaced === true ? 1 : 0);
  return { ...rest, ...kept, awaySince, goneAt, falls };
}

function isWorking({ workers, toldAt }: Member, live: Look['live']): boolean {
  return toldAt === undefined && workers.every(({ id }) => live.get(id)?.state === 'running');
}

function withFailure(member: Member, look: Look & { waitNewMs: DurationMs }): Member {
  const failure = member.failure ?? failureOf(member, look);
  return failure === undefined ? member : { ...member, failure };
}

function failureOf(
  { awaySince, goneAt, falls, drainMs }: Member,
  { now, waitNewMs }: Look & { waitNewMs: DurationMs },
): MemberFailure | undefined {
  if (falls > MOST_FALLS) return 'crashes';
  if (awaySince === undefined) return undefined;
  if (goneAt === undefined) return now - awaySince > drainMs + LEAVE_GRACE_MS ? 'stays' : undefined;
  return now - goneAt > waitNewMs ? 'missing' : undefined;
}

/**
 * Which workers that are gone have something in their place: new workers of the same pool (on the same host), counted
 * with their slots. Those that had it before come first, so that one which goes is missed by the newest.
 */
function findReplaced(
  { members, terms }: Restart,
  seen: readonly SeenWorker[],
  live: Look['live'],
): ReadonlySet<MemberWorker> {
  const known = new Set(members.flatMap(({ workers }) => workers.map(({ id }) => id)));
  const fresh = seen.filter((one) => one.state === 'running' && !known.has(one.id) && fitsTerms(one, terms));
  const placeOf = ({ host, pool }: Pick<SeenWorker, 'host' | 'pool'>): string =>
    terms.place === 'same-host' ? `${pool} ${host}` : pool;
  const room = new Map<string, { count: number; slots: number }>();
  for (const one of fresh) {
    const { count, slots } = room.get(placeOf(one)) ?? { count: 0, slots: 0 };
    room.set(placeOf(one), { count: count + 1, slots: slots + one.slots });
  }
  const replaced = new Set<MemberWorker>();
  for (const { workers } of [...members].sort(byTurn)) {
    for (const worker of workers) {
      const place = room.get(placeOf(worker));
      if (live.has(worker.id) || place === undefined || place.count === 0) continue;
      if (terms.slots === 'as-many' && place.slots < worker.slots) continue;
      place.count -= 1;
      place.slots -= worker.slots;
      replaced.add(worker);
    }
  }
  return replaced;
}

function byTurn(one: Member, other: Member): number {
  const rank = ({ failure, isReplaced }: Member): number => (failure !== undefined ? 2 : isReplaced === true ? 0 : 1);
  return rank(one) - rank(other) || (one.goneAt ?? Infinity) - (other.goneAt ?? Infinity) || 0;
}
