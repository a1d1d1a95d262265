import { BelfryError } from '../../core/errors.ts';
import type { DurationMs } from '../../core/time/units.ts';
import type { Shard } from '../shard.ts';
import { MIGRATIONS } from './list.ts';
import type { FieldChange, Migration, MigrationSlice } from './migration.ts';

export type MigrateOptions = {
  /** Random for each process start: who holds the migration. */
  holder: string;
  migrations?: readonly Migration[];
  /** Called before each slice is committed; a test ends the process there. */
  onSlice?: (slice: MigrationSlice) => void;
};

/** `busy`: another process is at it, and has said so that long ago that it counts for `leftMs` more. */
export type MigrationOutcome =
  | { state: 'done'; shard: number; from: number; to: number; changed: number }
  | { state: 'busy'; shard: number; leftMs: DurationMs };

/** A process that has not committed a slice for so long is taken for dead, and another one goes on. */
const LEASE_MS: DurationMs = 30_000;
/** Each one means that somebody else has just changed a field of the slice. */
const MOST_ROUNDS = 1_000;

/**
 * Brings one shard up to the newest format, a migration after the other. Any number of processes may call it at once: one
 * holds each migration, and what another one sends is refused by its token. It works in slices that are compared before they
 * are made, and goes on where a process that died has left off.
 */
export async function migrateShard(shard: Shard, from: number, options: MigrateOptions): Promise<MigrationOutcome> {
  let changed = 0;
  let format = from;
  for (const migration of pendingAfter(from, options.migrations)) {
    const outcome = await runMigration(shard, migration, options);
    if (outcome.state === 'busy') return { ...outcome, shard: shard.index };
    changed += outcome.changed;
    format = migration.to;
  }
  return { state: 'done', shard: shard.index, from, to: format, changed };
}

/** The migrations that state of a format still needs, in order. */
export function pendingAfter(format: number, migrations: readonly Migration[] = MIGRATIONS): Migration[] {
  return migrations.filter(({ to }) => to > format);
}

type RunOutcome = { state: 'done'; changed: number } | { state: 'busy'; leftMs: DurationMs };

async function runMigration(shard: Shard, migration: Migration, options: MigrateOptions): Promise<RunOutcome> {
  const { to } = migration;
  const begun = (await shard.run('begin_migration', [options.holder, to - 1, to, LEASE_MS])) as string[];
  if (begun[0] === 'busy') return { state: 'busy', leftMs: Number(begun[1]) };
  // Somebody else has brought it up since it was read.
  if (begun[0] === 'other') return { state: 'done', changed: 0 };
  const [, token = '', noted = ''] = begun;
  let cursor: string | undefined = noted;
  let changed = 0;
  for (let rounds = 0; cursor !== undefined;) {
    const slice: MigrationSlice = await migration.plan(shard, cursor);
    options.onSlice?.(slice);
    const committed = await commit(shard, slice, { token, oldest: migration.oldest });
    if (committed === 'fenced') return { state: 'busy', leftMs: LEASE_MS };
    changed += committed.changed;
    rounds = committed.stale === 0 ? 0 : rounds + 1;
    if (rounds > MOST_ROUNDS) throw keepsChanging(shard, migration);
    if (committed.stale === 0) cursor = slice.next;
  }
  return { state: 'done', changed };
}

type Terms = { token: string; oldest: number };

async function commit(shard: Shard, { changes, next }: MigrationSlice, { token, oldest }: Terms) {
  const args = changes.flatMap(({ key, field, before, after }: FieldChange) => [
    key,
    field,
    before === undefined ? '' : `=${before}`,
    after === undefined ? '' : `=${after}`,
  ]);
  const answer = (await shard.run('commit_migration', [token, next ?? '', LEASE_MS, oldest, ...args])) as [
    'committed' | 'fenced',
    number,
    number,
  ];
  return answer[0] === 'fenced' ? 'fenced' : { changed: answer[1], stale: answer[2] };
}

function keepsChanging({ index }: Shard, { to }: Migration): BelfryError {
  return new BelfryError('INTERNAL', `shard ${index} keeps changing under the migration to format ${to}`, {
    hint: 'belfry migrate goes on where this one has stopped',
  });
}
