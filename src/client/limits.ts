import { compileAmounts } from '../core/compile_limits.ts';
import { BelfryError } from '../core/errors.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import type { KeyLimit } from '../core/limit.ts';
import type { LimitTemplate } from '../core/limit_templates.ts';
import { quote } from '../core/quote.ts';
import { parseDuration } from '../core/time/duration.ts';
import type { Duration, DurationMs } from '../core/time/units.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { fileKey, readTemplates, type FoundKey } from './limit_keys.ts';
import { viewLimits, type LimitView } from './limit_view.ts';
import { readLimit } from './page_size.ts';

/** How much an operator lets a key have. What is left out stays as the job files have it at this moment. */
export type LimitWish = { rate?: string; burst?: number; concurrency?: number; weight?: number };

export type LimitPage = {
  /** Limits that job files give each key of a template. */
  templates: LimitTemplate[];
  /** Keys with a limit of their own, or of which something is known: spent, held, running, waiting. In order. */
  keys: LimitView[];
  /** There are more keys than were asked for. */
  more: boolean;
};

/**
 * The limits of keys: `job:NAME`, `queue:NAME`, and what a template of a job file makes of a payload (`partner:x`).
 * A change holds at once, for every worker, without a restart.
 */
export type LimitsClient = {
  /** `limit`: at most so many keys, 100 by default. Throws BAD_USAGE. */
  list(query?: { prefix?: string; limit?: number }): Promise<LimitPage>;
  /** Throws BAD_USAGE for what cannot be a key, NOT_FOUND for a job that there is not. */
  get(key: string): Promise<LimitView>;
  /** Puts an operator's limit in the place of the job files', until it is taken back with undefined. */
  set(key: string, limit: LimitWish | undefined): Promise<LimitView>;
  /** Forgets what the key has spent of its rate, and a hold: runs start at once. */
  reset(key: string): Promise<LimitView>;
  /** No run with the key starts for so long (30 days at most); what runs goes on. */
  hold(key: string, duration: Duration): Promise<LimitView>;
};

const PAGE = 100;
const LARGEST_PAGE = 1_000;
const LONGEST_HOLD_MS: DurationMs = 30 * 86_400_000;
const WORDS = ['rate', 'burst', 'concurrency', 'weight'] as const satisfies readonly (keyof LimitWish)[];

export function createLimitsClient(store: Store): LimitsClient {
  const change = async (key: string, act: (found: FoundKey, shard: ShardStore) => Promise<unknown>) => {
    const found = await fileKey(store, key);
    await Promise.all(found.shards.map((shard) => act(found, shard)));
    return viewOne(found);
  };
  return {
    async list({ prefix = '', limit: asked = PAGE } = {}) {
      const limit = readLimit(asked, LARGEST_PAGE);
      const templates = await readTemplates(store);
      const names = await keysOf(store, prefix, limit + 1);
      const found = await Promise.all(names.slice(0, limit).map((key) => fileKey(store, key, templates)));
      return {
        templates: [...templates.values()].filter(({ template }) => template.startsWith(prefix)),
        keys: await viewLimits(found),
        more: names.length > limit,
      };
    },
    get: async (key) => viewOne(await fileKey(store, key)),
    async set(key, limit) {
      const wish = limit === undefined ? undefined : readWish(limit);
      return change(key, (found, { limits }) => limits.set(found, wish && withRest(found, wish)));
    },
    reset: (key) => change(key, (found, { limits }) => limits.reset(found)),
    async hold(key, duration) {
      const holdMs = parseDuration(duration, 'duration');
      if (holdMs < 1 || holdMs > LONGEST_HOLD_MS) {
        throw badUsage('duration', `duration is ${quote(duration)}`, 'more than 0s, at most 30d');
      }
      return change(key, (found, { limits }) => limits.hold(found, holdMs));
    },
  };
}

async function viewOne(found: FoundKey): Promise<LimitView> {
  const [view] = await viewLimits([found]);
  return view as LimitView;
}

/** Keys that are configured or of which something is known, in order. */
async function keysOf(store: Store, prefix: string, most: number): Promise<string[]> {
  const keys = new Set<string>();
  for (const { limits } of store.shards) {
    for (const field of (await limits.configured()).keys()) {
      if (!field.startsWith('*')) keys.add(field.replace(/^=/, ''));
    }
    for (const key of await limits.liveKeys(prefix, most)) keys.add(key);
  }
  return [...keys]
    .filter((key) => key.startsWith(prefix))
    .sort()
    .slice(0, most);
}

function readWish(limit: LimitWish): KeyLimit {
  assertKnownKeys(limit, WORDS, { code: 'BAD_USAGE', field: 'limit' });
  if (WORDS.every((word) => limit[word] === undefined)) {
    throw badUsage('limit', 'the limit says nothing', `at least one of ${WORDS.join(', ')}`);
  }
  try {
    return compileAmounts(limit, 'limit');
  } catch (error) {
    if (!(error instanceof BelfryError) || error.code !== 'BAD_JOB') throw error;
    throw badUsage(error.field ?? 'limit', error.message, error.hint ?? '');
  }
}

function withRest({ byJobFile: { burst, ...rest } }: FoundKey, wish: KeyLimit): KeyLimit {
  return { ...rest, ...(burst !== undefined && wish.rate === undefined && { burst }), ...wish };
}

function badUsage(field: string, message: string, hint: string): BelfryError {
  return new BelfryError('BAD_USAGE', message, { field, hint });
}
