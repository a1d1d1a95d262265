import { BelfryError } from '../../core/errors.ts';
import type { EventBus } from '../../core/events.ts';
import type { EpochMs } from '../../core/time/units.ts';
import { FORMAT, judgeFormats, meetShards, type ShardFormat } from '../formats.ts';
import type { Store } from '../store.ts';
import { migrateShard, pendingAfter, type MigrateOptions, type MigrationOutcome } from './migrate.ts';
import { MIGRATIONS } from './list.ts';
import type { Migration } from './migration.ts';

/** What would be done to one shard. */
export type ShardPlan = ShardFormat & { migrations: { to: number; says: string }[] };

export type BringUpOptions = MigrateOptions & { events: Pick<EventBus, 'emit'> };

/** Which migrations the state still needs, by shard. Throws SHARD_MISMATCH, and FORMAT_MISMATCH for state of a later release. */
export async function planMigrations(
  store: Store,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<ShardPlan[]> {
  const formats = await meetShards(store.shards.map(({ shard }) => shard));
  judgeFormats(formats);
  return formats.map((format) => ({
    ...format,
    migrations: pendingAfter(format.format, migrations).map(({ to, says }) => ({ to, says })),
  }));
}

/**
 * Brings every shard up to the newest format. Throws FORMAT_MISMATCH, before anything is changed, for state of a later
 * release, and while processes live that could not work on what a migration leaves.
 */
export async function bringUp(store: Store, options: BringUpOptions): Promise<MigrationOutcome[]> {
  const { events, migrations = MIGRATIONS } = options;
  const plans = await planMigrations(store, migrations);
  const needed = plans.flatMap(({ format }) => pendingAfter(format, migrations));
  if (needed.length > 0) await assertNobodyBehind(store, Math.max(...needed.map(({ oldest }) => oldest)));
  const outcomes: MigrationOutcome[] = [];
  for (const [i, { shard }] of store.shards.entries()) {
    const outcome = await migrateShard(shard, plans[i]?.format ?? FORMAT, options);
    outcomes.push(outcome);
    if (outcome.state === 'busy') events.emit('state.migrating', { shard: i });
    else if (outcome.from < outcome.to) {
      const { from, to, changed } = outcome;
      events.emit('state.migrated', { shard: i, from, to, changed });
    }
  }
  return outcomes;
}

/** The first release whose processes say which format they know has format 1; so do those before it. */
const FORMAT_OF_THE_SILENT = 1;

async function assertNobodyBehind({ shards, workers, replicas }: Store, oldest: number): Promise<void> {
  const [seconds = '0'] = (await shards[0]?.shard.connection.time()) ?? [];
  const now: EpochMs = Number(seconds) * 1_000;
  const live = [...(await workers.all(now)), ...(await replicas.all(now))];
  const behind = live.filter(({ format = FORMAT_OF_THE_SILENT }) => format < oldest);
  if (behind.length === 0) return;
  const names = behind.slice(0, 3).map(({ host, pid }) => `pid ${pid} on ${host}`);
  throw new BelfryError(
    'FORMAT_MISMATCH',
    `${behind.length} live ${behind.length === 1 ? 'process' : 'processes'} could not work on state of the new format: ${names.join(', ')}`,
    {
      field: 'version',
      hint: 'stop the processes of the older release first; this migration is not for a rolling deploy',
    },
  );
}
