import { BelfryError } from '../core/errors.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { BulkEntry } from '../core/job_ref.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { quote } from '../core/quote.ts';
import { DEFAULT_TABLE, deleteSql, giveBackSql, postponeSql, takeSql } from './sql.ts';

/** A row as the relay reads it: each column as text. */
type Row = { id: string; run_id: string; job: string; payload: string; options: string };

export type OutboxRelayOptions = {
  /**
   * Executes one statement and answers its rows as objects. A pool will do: no two statements need the same connection.
   * With pg: `async (sql, params) => (await pool.query(sql, params)).rows`.
   */
  query: (sql: string, params: string[]) => Promise<readonly object[]>;
  /** Of createClient. */
  client: { enqueueBulk(entries: readonly BulkEntry[]): Promise<string[]> };
  /** Default `belfry_outbox`. */
  table?: string;
  /** Rows at a time. Default 200. */
  batch?: number;
  /** Between two looks at an empty outbox. Default 500 ms. */
  pollMs?: number;
  /** How long rows that were taken are left alone before they are taken again. Default 30 s. */
  leaseMs?: number;
  /** Hears why a look failed, or a row could not be enqueued. */
  onError?: (error: unknown, row?: { id: string; job: string }) => void;
};

export type OutboxRelay = {
  /** Looks again and again until it is stopped. */
  start(): void;
  /** Resolves when the look under way is over. */
  stop(): Promise<void>;
  /** One look; resolves with how many rows became runs. Throws what the database or Redis throws. */
  relay(): Promise<number>;
};

const OPTIONS = [
  'query',
  'client',
  'table',
  'batch',
  'pollMs',
  'leaseMs',
  'onError',
] as const satisfies readonly (keyof OutboxRelayOptions)[];
/** A row that cannot become a run, its job not being registered or its payload not fitting, is tried again after this. */
const POSTPONE_SECONDS = 60;
/** After a failed look, so that a database or Redis that is away is not asked in a loop. */
const PAUSE_AFTER_ERROR_MS = 2_000;

/**
 * Carries rows of an outbox table over to Belfry: takes some, enqueues them, deletes them. A relay that dies in between
 * leaves its rows to the next one, which enqueues them with the same run ids: that changes nothing within a week, so a
 * row makes one run. Any number of relays may work on a table.
 */
export function createOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  assertRelayOptions(options);
  const { query, client, pollMs = 500, onError = () => undefined } = options;
  const { table = DEFAULT_TABLE, batch = 200, leaseMs = 30_000 } = options;
  assertNumber('batch', batch, { least: 1, most: 5_000 });
  assertNumber('pollMs', pollMs, { least: 10, most: 3_600_000 });
  assertNumber('leaseMs', leaseMs, { least: 1_000, most: 3_600_000 });
  const sql = {
    take: takeSql(table),
    delete: deleteSql(table),
    postpone: postponeSql(table),
    back: giveBackSql(table),
  };
  const loop = createLoop(pollMs, onError);

  const postpone = async (row: Row, error: BelfryError): Promise<void> => {
    onError(error, { id: row.id, job: row.job });
    await query(sql.postpone, [row.id, `${error.code}: ${error.message}`, String(POSTPONE_SECONDS)]);
  };

  const enqueueEach = async (rows: Row[]): Promise<Row[]> => {
    const done: Row[] = [];
    for (const row of rows) {
      try {
        await client.enqueueBulk([entryOf(row)]);
        done.push(row);
      } catch (error) {
        if (!isRowError(error)) throw error;
        await postpone(row, error);
      }
    }
    return done;
  };

  const enqueue = async (rows: Row[]): Promise<Row[]> => {
    try {
      await client.enqueueBulk(rows.map(entryOf));
      return rows;
    } catch (error) {
      if (isRowError(error)) return enqueueEach(rows);
      // Best effort: without it they come again when the lease is over.
      await query(sql.back, [idsOf(rows)]).catch(() => undefined);
      throw error;
    }
  };

  const look = async (): Promise<{ taken: number; enqueued: number }> => {
    const rows = (await query(sql.take, [String(leaseMs / 1_000), String(batch)])) as readonly Row[];
    if (rows.length === 0) return { taken: 0, enqueued: 0 };
    const done = await enqueue(inOrder(rows));
    if (done.length > 0) await query(sql.delete, [idsOf(done)]);
    return { taken: rows.length, enqueued: done.length };
  };

  return {
    relay: async () => (await look()).enqueued,
    start: () => loop.start(async () => (await look()).taken === batch),
    stop: () => loop.stop(),
  };
}

/** `look` answers whether there may be more. */
function createLoop(pollMs: number, onError: (error: unknown) => void) {
  let running: { stopped: boolean; wake: () => void; ended: Promise<void> } | undefined;

  const run = async (state: { stopped: boolean; wake: () => void }, look: () => Promise<boolean>): Promise<void> => {
    while (!state.stopped) {
      const pauseMs = await look().then(
        (isMore) => (isMore ? 0 : pollMs),
        (error: unknown) => {
          onError(error);
          return Math.max(pollMs, PAUSE_AFTER_ERROR_MS);
        },
      );
      if (state.stopped || pauseMs === 0) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        state.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };

  return {
    start(look: () => Promise<boolean>): void {
      if (running !== undefined) return;
      const state = { stopped: false, wake: () => undefined as void, ended: Promise.resolve() };
      state.ended = run(state, look);
      running = state;
    },
    async stop(): Promise<void> {
      const state = running;
      running = undefined;
      if (state === undefined) return;
      state.stopped = true;
      state.wake();
      await state.ended;
    },
  };
}

function entryOf({ run_id: id, job, payload, options }: Row): BulkEntry {
  return { job, payload: JSON.parse(payload) as Json, options: { ...(JSON.parse(options) as EnqueueOptions), id } };
}

/** `RETURNING` has no order; runs of one lane start in the one in which they are enqueued. */
function inOrder(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}

function idsOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(({ id }) => id));
}

/** Whether something is wrong with a row, such as a job that is not registered, and not with Redis. */
function isRowError(error: unknown): error is BelfryError {
  return error instanceof BelfryError && !error.code.startsWith('REDIS_');
}

function assertRelayOptions(options: OutboxRelayOptions): void {
  assertKnownKeys(options, OPTIONS, { code: 'BAD_USAGE', field: 'options' });
  const { query, client } = options as Partial<OutboxRelayOptions>;
  if (typeof query !== 'function') {
    const hint = 'with pg: async (sql, params) => (await pool.query(sql, params)).rows';
    throw new BelfryError('BAD_USAGE', `query is ${quote(query)}`, { field: 'query', hint });
  }
  if (typeof client?.enqueueBulk === 'function') return;
  throw new BelfryError('BAD_USAGE', `client is ${quote(client)}`, { field: 'client', hint: 'await createClient()' });
}

function assertNumber(field: string, value: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new BelfryError('BAD_USAGE', `${field} is ${quote(value)}`, {
    field,
    hint: `a whole number from ${least} to ${most}`,
  });
}
