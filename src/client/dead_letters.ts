import { fitsFinished } from '../core/bulk_filter.ts';
import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { FinishedRun } from '../core/run.ts';
import type { Seal } from '../core/seal.ts';
import type { EpochMs } from '../core/time/units.ts';
import { isBehind, type LetterPlace } from '../store/letters.ts';
import type { ShardStore, Store } from '../store/store.ts';
import type { BulkClient, BulkRequest } from './bulk.ts';
import type { RunSelection } from './bulk_filter.ts';
import { letterJson } from './json_views.ts';
import { revealed } from './reveal.ts';
import { readLimit } from './page_size.ts';

/** Which dead letters. Everything that is given must fit. */
export type LetterFilter = {
  job?: string;
  queue?: string;
  /** Text in the name or message of the error. Upper and lower case are the same. */
  error?: string;
  /** Died at or after this instant, epoch ms. */
  since?: EpochMs;
  /** Died before this instant, epoch ms. */
  until?: EpochMs;
};

export type LetterQuery = LetterFilter & {
  /** 1 to 1,000, default 50. An answer may hold fewer, or none, while its cursor says that there is more to look at. */
  limit?: number;
  /** From the answer before; leave it out to begin with the newest. */
  cursor?: string;
};

export type LetterPage = {
  letters: FinishedRun[];
  /** Undefined at the end. */
  cursor: string | undefined;
};

export type LetterWords = Pick<BulkRequest, 'rate' | 'note' | 'by'>;

/** Runs that are out of attempts, crashed three times, or gave up. */
export type DeadLettersClient = {
  /** Newest first. Throws BAD_USAGE. */
  list(query?: LetterQuery): Promise<LetterPage>;
  /** Throws NOT_FOUND. */
  get(id: string): Promise<FinishedRun>;
  /** Those of these ids that are no dead letters: never were, or are redriven, deleted or expired by now. */
  missing(ids: readonly string[]): Promise<string[]>;
  /**
   * Begins a bulk operation that makes a new run of each, at `100/1s` by default; resolves with its id. Throws NOT_FOUND
   * where ids are given and none is a dead letter.
   */
  redrive(filter: RunSelection, words: LetterWords): Promise<string>;
  /** Begins a bulk operation that forgets them; resolves with its id. Throws as `redrive` does. */
  delete(filter: RunSelection, words: LetterWords): Promise<string>;
};

/** The same, and a stream. */
export type DeadLetters = DeadLettersClient & {
  /** One line of JSON for each letter, newest first, read in slices while they are taken. */
  export(filter?: LetterFilter): AsyncGenerator<string, void, void>;
};

const DEFAULT_LIMIT = 50;
export const MOST_LETTERS = 1_000;
const SLICE = 200;
/** Ids in the message of an error. */
const MOST_NAMED = 10;
/** Letters that a call looks at on each shard, at most. */
const LOOKED_AT = 5_000;

type Deps = { store: Store; bulk: Pick<BulkClient, 'start'>; seal: Seal };

export function createDeadLettersClient({ store, bulk, seal }: Deps): DeadLettersClient {
  const missing: DeadLettersClient['missing'] = async (ids) => {
    const known = new Set((await Promise.all(store.shards.map(({ letters }) => letters.known(ids)))).flat());
    return ids.filter((id) => !known.has(id));
  };
  const begin = async (action: 'retry' | 'delete', filter: RunSelection, words: LetterWords): Promise<string> => {
    const { ids } = filter;
    if (Array.isArray(ids) && ids.length > 0 && (await missing(ids)).length === ids.length) throw noLetters(ids);
    return bulk.start({ action, filter: ofDead(filter), ...words });
  };
  return {
    missing,
    list: (query = {}) => listLetters({ store, seal }, query),
    async get(id) {
      const found = await Promise.all(store.shards.map(({ letters }) => letters.get(id)));
      const letter = found.find((one) => one !== undefined);
      if (letter !== undefined) return { ...letter, run: revealed(seal, letter.run) };
      throw noLetters([id]);
    },
    redrive: (filter, words) => begin('retry', filter, words),
    delete: (filter, words) => begin('delete', filter, words),
  };
}

function noLetters(ids: readonly string[]): BelfryError {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  return new BelfryError('NOT_FOUND', `no dead letter ${ids.slice(0, MOST_NAMED).map(quote).join(', ')}${more}`, {
    field: 'run',
    hint: 'see `belfry dead list`; a redriven one is in the history: `belfry runs show`',
  });
}

/** `all` means all dead letters; without a word nothing is meant, which is refused. */
function ofDead({ all, ...filter }: RunSelection): RunSelection {
  const isEmpty = Object.values(filter).every((value) => value === undefined);
  if (isEmpty) return all === true ? { state: 'dead' } : {};
  return { ...filter, ...(all === undefined ? {} : { all }), state: 'dead' };
}

async function listLetters({ store, seal }: Pick<Deps, 'store' | 'seal'>, query: LetterQuery): Promise<LetterPage> {
  const { limit: asked = DEFAULT_LIMIT, cursor, ...filter } = query;
  const limit = readLimit(asked, MOST_LETTERS);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const shards = filter.job === undefined ? store.shards : [store.of(filter.job)];
  const parts = await Promise.all(shards.map((shard) => readShard(shard, filter, { after, limit })));
  // Where one shard has stopped looking, the others may not be told from beyond that place yet.
  const horizon = parts
    .flatMap(({ stopped }) => stopped ?? [])
    .reduce<LetterPlace | undefined>(
      (nearest, place) => (nearest === undefined || isBehind(nearest, place) ? place : nearest),
      undefined,
    );
  const told = parts
    .flatMap(({ letters }) => letters)
    .filter((letter) => horizon === undefined || !isBehind(placeOf(letter), horizon))
    .sort((a, b) => (isBehind(placeOf(a), placeOf(b)) ? 1 : -1));
  const page = told.slice(0, limit).map((letter) => ({ ...letter, run: revealed(seal, letter.run) }));
  const last = told.length > limit ? placeOf(page.at(-1) as FinishedRun) : horizon;
  return { letters: page, cursor: last === undefined ? undefined : `${last.at}:${last.id}` };
}

type ShardPart = {
  letters: FinishedRun[];
  /** Where it stopped; undefined behind the last letter. */
  stopped: LetterPlace | undefined;
};

async function readShard(
  { letters: store }: ShardStore,
  filter: LetterFilter,
  { after, limit }: { after: LetterPlace | undefined; limit: number },
): Promise<ShardPart> {
  const letters: FinishedRun[] = [];
  let place = after;
  for (let looked = 0; looked < LOOKED_AT && letters.length <= limit;) {
    const slice = await store.slice({ after: place, since: filter.since, until: filter.until, count: SLICE });
    if (slice.last === undefined) return { letters, stopped: undefined };
    letters.push(...slice.letters.filter((letter) => fitsFinished(filter, letter)));
    place = slice.last;
    looked += slice.seen;
  }
  return { letters, stopped: place };
}

function placeOf({ run, finishedAt }: FinishedRun): LetterPlace {
  return { at: finishedAt, id: run.id };
}

function readCursor(text: string): LetterPlace {
  const [, at, id] = /^(\d{1,15}):(.+)$/s.exec(text) ?? [];
  if (at !== undefined && id !== undefined) return { at: Number(at), id };
  throw new BelfryError('BAD_USAGE', `the cursor is ${quote(text)}`, {
    field: 'cursor',
    hint: 'the one that the call before answered, with the same filter; leave it out to begin',
  });
}

/** Pages of a list as lines of JSON. */
export async function* exportLetters(
  list: DeadLettersClient['list'],
  filter: LetterFilter = {},
): AsyncGenerator<string, void, void> {
  let cursor: string | undefined;
  do {
    const page = await list({ ...filter, limit: SLICE, ...(cursor === undefined ? {} : { cursor }) });
    for (const letter of page.letters) yield `${JSON.stringify(letterJson(letter))}\n`;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
