import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import { beginRestart, checkTerms } from '../core/restart/begin.ts';
import { mostAway } from '../core/restart/plan.ts';
import type { Member, RestartTerms, SeenWorker } from '../core/restart/restart.ts';
import { suggest } from '../core/suggest.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { redisTime } from './redis_time.ts';
import { seenWorkerOf } from './seen_workers.ts';

export type RestartRequest = {
  by: string;
  note?: string;
  terms?: Partial<RestartTerms>;
  /**
   * `all`: processes that also schedule or serve the API are told too, and workers that take no orders are left as they are
   * instead of a refusal. Default `worker`.
   */
  roles?: 'worker' | 'all';
  /** What becomes of an unfinished one: `refuse` (default) or `abandon`. */
  unfinished?: 'refuse' | 'abandon';
};

export type RestartPreview = {
  members: Member[];
  pools: { pool: string; workers: number; targets: number; mostAway: number }[];
};

export const DEFAULT_TERMS: RestartTerms = {
  maxUnavailable: '10%',
  pools: [],
  waitNewMs: 60_000,
  maxFailures: 0,
  place: 'same-host',
  slots: 'as-many',
};

/** Live workers as the planner sees them. */
export async function lookAtWorkers(store: Store): Promise<{ seen: SeenWorker[]; now: number }> {
  const now = await redisTime(store.shards[0] as ShardStore);
  return { seen: (await store.workers.listed(now)).map(seenWorkerOf), now };
}

export async function previewRestart(store: Store, request: RestartRequest): Promise<RestartPreview> {
  const terms = checkTerms({ ...DEFAULT_TERMS, ...request.terms });
  const { seen } = await lookAtWorkers(store);
  const members = chooseMembers(seen, terms, request.roles ?? 'worker');
  const pools = new Map<string, { workers: number; targets: number }>();
  for (const { workers, part } of members) {
    for (const { pool } of workers) {
      const count = pools.get(pool) ?? { workers: 0, targets: 0 };
      pools.set(pool, { workers: count.workers + 1, targets: count.targets + (part === 'target' ? 1 : 0) });
    }
  }
  const most = (workers: number): number => Math.min(workers, mostAway(terms.maxUnavailable, workers));
  return {
    members,
    pools: [...pools].map(([pool, count]) => ({ pool, ...count, mostAway: most(count.workers) })),
  };
}

/** Throws NOT_FOUND for a pool without a worker, BAD_USAGE where somebody would be told who may not be. */
export function chooseMembers(seen: readonly SeenWorker[], terms: RestartTerms, roles: 'worker' | 'all'): Member[] {
  const known = [...new Set(seen.map(({ pool }) => pool))];
  for (const pool of terms.pools) {
    if (known.includes(pool)) continue;
    const near = suggest(pool, known);
    throw new BelfryError('NOT_FOUND', `no worker of a pool ${quote(pool)} lives`, {
      field: 'pool',
      hint: near === undefined ? `pools with workers: ${known.join(', ') || 'none'}` : `did you mean ${near}?`,
    });
  }
  const { members, withoutOrders, withOtherRoles } = beginRestart(
    seen,
    terms,
    roles === 'all' ? 'all roles' : 'workers only',
  );
  if (roles === 'worker') {
    refuse(withoutOrders, 'take no orders: older versions, workers in an application, or with a Redis of their own');
    refuse(withOtherRoles, 'have other roles beside worker, and would end whole');
  }
  return members;
}

const SHOWN = 3;

function refuse(workers: readonly SeenWorker[], why: string): void {
  if (workers.length === 0) return;
  const named = workers.slice(0, SHOWN).map(({ id, host, pid }) => `${id} (${host}, pid ${pid})`);
  const more = workers.length > SHOWN ? ` and ${workers.length - SHOWN} more` : '';
  throw new BelfryError('BAD_USAGE', `${workers.length} of the workers ${why}: ${named.join(', ')}${more}`, {
    field: 'roles',
    hint: 'name the pools that are meant with --pool; --force (roles: all) leaves those without orders as they are and tells the others too',
  });
}
