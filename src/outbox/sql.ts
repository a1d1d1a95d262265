import { BelfryError, messageOf } from '../core/errors.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { PayloadOf } from '../core/job_payloads.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { assertName } from '../core/names.ts';
import { assertPriority } from '../core/policy.ts';
import { quote } from '../core/quote.ts';
import { boundsOf } from '../core/start_bounds.ts';
import { parseLength } from '../core/time/duration.ts';
import { assertTraceparent } from '../core/tracing.ts';

/** A statement with its parameters for `$1`, `$2` and so on, all of them text. */
export type Statement = { sql: string; params: string[] };

/** What goes with a row; `delay` and `deadline` count from when the relay enqueues it. */
export type OutboxOptions = Omit<EnqueueOptions, 'id' | 'unique'>;

const OPTIONS: readonly (keyof OutboxOptions)[] = ['delay', 'priority', 'deadline', 'expiry', 'traceparent'];

export const DEFAULT_TABLE = 'belfry_outbox';

/**
 * Creates the outbox, once: run it in a migration. PostgreSQL 13 or later. `run_id` is the id of the row's run and is never
 * given to another row, not even of a table that was dropped and made again.
 */
export function outboxTableSql(table: string = DEFAULT_TABLE): string {
  const name = quoteTable(table);
  const index = quoteName(`${bareName(table)}_due`);
  return `CREATE TABLE IF NOT EXISTS ${name} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL UNIQUE DEFAULT 'outbox-${bareName(table)}-' || gen_random_uuid(),
  job text NOT NULL,
  payload json NOT NULL DEFAULT 'null',
  options json NOT NULL DEFAULT '{}',
  due_at timestamptz NOT NULL DEFAULT now(),
  error text
);
CREATE INDEX IF NOT EXISTS ${index} ON ${name} (due_at, id);
`;
}

/**
 * The statement that puts a run into the outbox; execute it in the transaction whose outcome decides whether the run is
 * to be. Its one row answers `run_id`, the id of the run. Throws BAD_JOB, BAD_PAYLOAD, BAD_USAGE, BAD_DURATION.
 */
export function insertSql<Job extends string>(
  job: Job,
  payload: PayloadOf<Job> = null as PayloadOf<Job>,
  { table = DEFAULT_TABLE, ...options }: OutboxOptions & { table?: string } = {},
): Statement {
  assertOptions(options);
  return {
    // Through text, so that no driver makes JSON of what is JSON already.
    sql: `INSERT INTO ${quoteTable(table)} (job, payload, options) VALUES ($1::text, $2::text::json, $3::text::json) RETURNING run_id`,
    params: [assertName(job, 'job'), toJson(payload as Json), JSON.stringify(options)],
  };
}

/**
 * Takes up to so many rows for a while: another relay passes over them, and they come again if nothing is heard of them.
 * Params: seconds, rows.
 */
export function takeSql(table: string): string {
  const name = quoteTable(table);
  return `UPDATE ${name} SET due_at = now() + make_interval(secs => $1::text::double precision)
WHERE id IN (SELECT id FROM ${name} WHERE due_at <= now() ORDER BY due_at, id LIMIT $2::text::bigint FOR UPDATE SKIP LOCKED)
RETURNING id::text AS id, run_id, job, payload::text AS payload, options::text AS options`;
}

/** Params: JSON list of ids. */
export function deleteSql(table: string): string {
  return `DELETE FROM ${quoteTable(table)} WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::text::json))`;
}

/** Notes why a row cannot be enqueued and puts it off. Params: id, error, seconds. */
export function postponeSql(table: string): string {
  return `UPDATE ${quoteTable(table)} SET error = $2::text, due_at = now() + make_interval(secs => $3::text::double precision)
WHERE id = $1::text::bigint`;
}

/** Lets rows be taken again at once. Params: JSON list of ids. */
export function giveBackSql(table: string): string {
  return `UPDATE ${quoteTable(table)} SET due_at = now()
WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::text::json))`;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,47}$/;

function quoteTable(table: string): string {
  const parts = table.split('.');
  if (parts.length <= 2 && parts.every((part) => NAME.test(part))) return parts.map(quoteName).join('.');
  throw new BelfryError('BAD_USAGE', `table is ${quote(table)}`, {
    field: 'table',
    hint: 'a name such as belfry_outbox or app.belfry_outbox: letters, digits and _, up to 48 of them',
  });
}

function bareName(table: string): string {
  return table.slice(table.indexOf('.') + 1);
}

function quoteName(name: string): string {
  return `"${name}"`;
}

function toJson(payload: Json): string {
  const field = 'payload';
  const hint = 'objects, arrays, strings, finite numbers, booleans and null';
  let json: string | undefined;
  try {
    json = JSON.stringify(payload) as string | undefined;
  } catch (cause) {
    throw new BelfryError('BAD_PAYLOAD', `the payload is not JSON: ${messageOf(cause)}`, { field, hint, cause });
  }
  if (json !== undefined) return json;
  throw new BelfryError('BAD_PAYLOAD', 'the payload is not JSON', { field, hint });
}

/** Before the transaction commits: no relay could ever enqueue the row. */
function assertOptions(options: OutboxOptions): void {
  assertKnownKeys(options, OPTIONS, { code: 'BAD_USAGE', field: 'options' });
  const { delay, priority, traceparent, ...bounds } = options;
  if (delay !== undefined) parseLength(delay, 'delay');
  if (priority !== undefined) assertPriority(priority, 'priority');
  if (traceparent !== undefined) assertTraceparent(traceparent);
  boundsOf(bounds, undefined);
}
