import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { isVersion } from '../version_order.ts';
import { fitsTerms } from './observe.ts';
import type { Member, RestartTerms, SeenWorker } from './restart.ts';

export type Beginning = {
  members: Member[];
  /** Would be told, and take no orders: they are older, live in an application, or bring the Redis along. */
  withoutOrders: SeenWorker[];
  /** Would be told, and their process does more than work. */
  withOtherRoles: SeenWorker[];
};

/**
 * Whom a restart is about: every process with a running worker of the pools. Those that are what was asked for already,
 * and those that may not be told, are bystanders: they are counted, since their pools need them.
 */
export function beginRestart(
  seen: readonly SeenWorker[],
  terms: RestartTerms,
  manner: 'workers only' | 'all roles',
): Beginning {
  const beginning: Beginning = { members: [], withoutOrders: [], withOtherRoles: [] };
  for (const workers of byProcess(seen).values()) {
    const isMeant = terms.pools.length === 0 || workers.some(({ pool }) => terms.pools.includes(pool));
    const [first] = workers;
    if (!isMeant || first === undefined || workers.some(({ state }) => state !== 'running')) continue;
    const isOld = !isDone(first, terms);
    const hasOrders = first.roles !== undefined;
    const isWorkerOnly = first.roles?.every((role) => role === 'worker') ?? true;
    if (isOld && !hasOrders) beginning.withoutOrders.push(first);
    if (isOld && !isWorkerOnly) beginning.withOtherRoles.push(first);
    const isTarget = isOld && hasOrders && (isWorkerOnly || manner === 'all roles');
    beginning.members.push(memberOf(first, workers, isTarget ? 'target' : 'bystander'));
  }
  return beginning;
}

/** Without a word about the version, every worker is to be restarted. */
function isDone(worker: SeenWorker, terms: RestartTerms): boolean {
  return (terms.olderThan !== undefined || terms.deployment !== undefined) && fitsTerms(worker, terms);
}

function memberOf({ process, drainMs }: SeenWorker, workers: readonly SeenWorker[], part: Member['part']): Member {
  const kept = workers.map(({ id, pool, host, pid, slots, version }) => ({ id, pool, host, pid, slots, version }));
  return { process, workers: kept, drainMs, part, falls: 0 };
}

function byProcess(seen: readonly SeenWorker[]): Map<string, SeenWorker[]> {
  const processes = new Map<string, SeenWorker[]>();
  for (const worker of seen) {
    const own = processes.get(worker.process);
    if (own) own.push(worker);
    else processes.set(worker.process, [worker]);
  }
  return processes;
}

const MOST_WAIT_MS = 3_600_000;

/** The terms as they were given. Throws BAD_USAGE naming the field. */
export function checkTerms(terms: RestartTerms): RestartTerms {
  const { maxUnavailable, olderThan, waitNewMs, maxFailures } = terms;
  const [, percent] = /^(\d{1,3})%$/.exec(maxUnavailable) ?? [];
  const most = Number(percent ?? (/^\d{1,6}$/.test(maxUnavailable) ? maxUnavailable : NaN));
  if (!(most >= 1) || (percent !== undefined && most > 100))
    throw badTerm('maxUnavailable', maxUnavailable, 'a number of workers from 1 on, or a share from 1% to 100%');
  if (olderThan !== undefined && !isVersion(olderThan))
    throw badTerm('versionOlderThan', olderThan, 'a version of Belfry such as 1.4.0');
  if (!(waitNewMs >= 1_000 && waitNewMs <= MOST_WAIT_MS)) throw badTerm('waitNew', waitNewMs, 'from 1s to 1h');
  if (!Number.isInteger(maxFailures) || maxFailures < 0)
    throw badTerm('maxFailures', maxFailures, 'a whole number from 0 on');
  return terms;
}

function badTerm(field: string, value: unknown, hint: string): BelfryError {
  return new BelfryError('BAD_USAGE', `${field} is ${quote(value)}`, { field, hint });
}
