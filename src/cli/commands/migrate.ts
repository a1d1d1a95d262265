import type { Command } from 'commander';
import { BelfryError } from '../../core/errors.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { plural } from '../counted.ts';
import type { Counter } from '../counter.ts';
import type { Migrated } from '../migrated.ts';

type MigrateWords = { dryRun?: true; json?: true };

/** `belfry migrate`: brings the state in Redis to the format of this release. */
export function addMigrate(program: Command, counter: Counter): void {
  program
    .command('migrate')
    .description('bring the state in Redis to the format of this release; a start of a scheduler or worker does it too')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'answer JSON')
    .action((words: MigrateWords) => migrate(words, counter));
}

async function migrate(words: MigrateWords, { desk, file }: Counter): Promise<void> {
  const migrated = await desk.migrate(file(), words.dryRun === true ? 'dry-run' : 'do');
  const busy = migrated.outcomes?.find((outcome) => outcome.state === 'busy');
  if (busy !== undefined) {
    throw new BelfryError('NOT_READY', `another process migrates shard ${busy.shard}`, {
      hint: `it goes on by itself; where it has died, try again in ${formatDuration(Math.ceil(busy.leftMs / 1_000) * 1_000)}`,
    });
  }
  desk.out(words.json === true ? `${JSON.stringify(jsonOf(migrated))}\n` : describe(migrated));
}

function jsonOf({ planned, outcomes }: Migrated) {
  return {
    shards: planned.map(({ shard, format, migrations }, i) => {
      const outcome = outcomes?.[i];
      const done = outcome?.state === 'done' ? { to: outcome.to, changed: outcome.changed } : null;
      return { shard, format, migrations, done };
    }),
  };
}

function describe({ planned, outcomes }: Migrated): string {
  const steps = new Map(planned.flatMap(({ migrations }) => migrations.map(({ to, says }) => [to, says])));
  const [{ format } = { format: 0 }] = planned;
  if (steps.size === 0) return `nothing to do: the state has format ${format}\n`;
  const told = [...steps].map(([to, says]) => `to format ${to}: ${says}\n`).join('');
  if (outcomes === undefined) return `${told}${plural(planned.length, 'shard')} would be migrated\n`;
  const changed = outcomes.reduce((sum, outcome) => sum + (outcome.state === 'done' ? outcome.changed : 0), 0);
  return `${told}${plural(planned.length, 'shard')} migrated, ${plural(changed, 'change')}\n`;
}
