import { BelfryError } from '../core/errors.ts';
import type { EventBus } from '../core/events.ts';
import type { Freeze } from '../core/freeze.ts';
import { quote } from '../core/quote.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { assertBy, assertText } from './notes.ts';
import { redisTime } from './redis_time.ts';
import { keptChanging, MAX_ROUNDS } from './stale_rounds.ts';

/** A freeze to begin: who says it, why, and for how long. Instants are epoch ms. */
export type FreezeRequest = {
  by: string;
  why: string;
  /** Default now. */
  from?: EpochMs;
  /** Default: until somebody lifts it. */
  until?: EpochMs;
};

/** Spans in which no schedule of the namespace fires. */
export type FreezesClient = {
  /** From the moment that this resolves on, nothing fires. Throws BAD_USAGE. */
  freeze(request: FreezeRequest): Promise<Freeze>;
  /** The ones that ended in the last 30 days too; the newest first. */
  list(): Promise<Freeze[]>;
  /** Ends a freeze now, or takes one away that has not begun. Throws NOT_FOUND, BAD_USAGE. */
  lift(id: string, words: { by: string }): Promise<Freeze>;
};

const KEPT_MS: DurationMs = 30 * 86_400_000;
const MOST = 50;

export type FreezesDeps = { store: Store; events: EventBus; newId: () => string };

export function createFreezesClient({ store, events, newId }: FreezesDeps): FreezesClient {
  const first = store.shards[0] as ShardStore;
  const all = (): Promise<Freeze[]> => readAll(store);
  return {
    async freeze({ by, why, from, until }) {
      const now = await redisTime(first);
      const freeze: Freeze = {
        id: newId(),
        from: from ?? now,
        ...(until === undefined ? {} : { until }),
        by: assertBy(by),
        why: assertText(why, 'why'),
      };
      assertSpan(freeze, now);
      for (const shard of store.shards) await change(shard, (freezes) => [...freezes, freeze], now);
      events.emit('freeze.controlled', { action: 'said', freeze: freeze.id, by: freeze.by, why: freeze.why });
      return freeze;
    },
    async list() {
      return (await all()).sort((a, b) => b.from - a.from);
    },
    async lift(id, words) {
      const by = assertBy(words.by);
      const now = await redisTime(first);
      const freezes = await all();
      const found = freezes.find((freeze) => freeze.id === id);
      if (found === undefined || !isOpen(found, now)) throw unknownFreeze(id, freezes, now);
      const lifted = { ...found, until: now, liftedBy: by };
      const lift = (here: Freeze[]): Freeze[] =>
        here.flatMap((freeze) =>
          freeze.id !== id || !isOpen(freeze, now) ? [freeze] : freeze.from > now ? [] : [lifted],
        );
      for (const shard of store.shards) await change(shard, lift, now);
      events.emit('freeze.controlled', { action: 'lifted', freeze: id, by, why: found.why });
      return lifted;
    },
  };
}

/** A freeze that somebody died over while he said or lifted it is on some shards only: it counts as long as it is on one. */
async function readAll({ shards }: Store): Promise<Freeze[]> {
  const longest = new Map<string, Freeze>();
  for (const { freezes } of await Promise.all(shards.map((shard) => shard.freezes.read()))) {
    for (const freeze of freezes) {
      const { until = Infinity } = longest.get(freeze.id) ?? { until: -Infinity };
      if ((freeze.until ?? Infinity) > until) longest.set(freeze.id, freeze);
    }
  }
  return [...longest.values()];
}

/** Freezes that hold now, or will. */
export function isOpen({ until }: Freeze, now: EpochMs): boolean {
  return until === undefined || until > now;
}

/** Applies the same change to the list of one shard, however many others change it at once. */
async function change({ freezes }: ShardStore, act: (all: Freeze[]) => Freeze[], now: EpochMs): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = await freezes.read();
    const after = prune(act(before.freezes), now);
    if ((await freezes.save(before, after)) === 'saved') return;
  }
  throw keptChanging(['freezes']);
}

/** Forgets ended freezes, the oldest first. */
function prune(all: Freeze[], now: EpochMs): Freeze[] {
  const kept = all.filter(({ until }) => until === undefined || until > now - KEPT_MS);
  const ended = kept.filter((freeze) => !isOpen(freeze, now));
  const surplus = new Set(ended.slice(0, Math.max(0, kept.length - MOST)));
  const left = kept.filter((freeze) => !surplus.has(freeze));
  if (left.length <= MOST) return left;
  throw new BelfryError('BAD_USAGE', `there are ${MOST} freezes already`, { hint: 'lift one: belfry unfreeze ID' });
}

function assertSpan({ from, until }: Freeze, now: EpochMs): void {
  for (const [field, at] of [['from', from] as const, ['until', until ?? from] as const]) {
    if (Number.isSafeInteger(at) && at >= 0) continue;
    throw new BelfryError('BAD_USAGE', `${field} is ${quote(at)}`, { field, hint: 'an instant in epoch ms' });
  }
  if (until === undefined || until > Math.max(from, now)) return;
  throw new BelfryError('BAD_USAGE', 'the freeze would be over before it begins', {
    field: 'until',
    hint: 'an instant to come, after its beginning',
  });
}

function unknownFreeze(id: string, freezes: Freeze[], now: EpochMs): BelfryError {
  const open = freezes.filter((freeze) => isOpen(freeze, now)).map((freeze) => freeze.id);
  return new BelfryError('NOT_FOUND', `no freeze ${quote(id)} holds`, {
    field: 'freeze',
    hint: open.length === 0 ? 'nothing is frozen' : `these do: ${open.join(', ')}`,
  });
}
