import { Command } from 'commander';
import { filesFor } from './command_files.ts';
import type { Counter } from './counter.ts';
import type { Desk } from './desk.ts';
import type { ExitCode } from './failure.ts';

const EXAMPLES = `
Examples:
  belfry dev                               run every job of ./jobs here, and load them again as they change
  belfry next "0 9 * * MON-FRI" --tz Europe/Berlin -n 5
  belfry jobs run reports/daily --payload '{"day":"2026-01-31"}' --wait
  belfry jobs pause reports/daily --note 'the warehouse moves' --until 2h
  belfry backfill reports/daily --from 2026-01-01 --to 2026-02-01 --rate 10/1m
  belfry runs list --state dead --since 24h
  belfry runs logs RUN -f
  REDIS_URL=redis://redis:6379 belfry start --role scheduler

Exit codes: 0 done, 1 failed, 2 asked in a wrong way, 3 not found.
`;

/**
 * The program that reads these words: with the commands that they may mean, all of them where they name none. Errors are
 * thrown, not printed.
 */
export async function createProgram(
  desk: Desk,
  exit: (code: ExitCode) => void,
  words: readonly string[],
): Promise<Command> {
  const program = new Command('belfry')
    .description('Distributed cron and job scheduler on Redis')
    .version(desk.version)
    .option('--config <file>', 'read this configuration file instead of belfry.config.json')
    .helpOption('-h, --help', 'show what a command takes')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => desk.out(text),
      writeErr: (text) => desk.err(text),
      outputError: () => undefined,
    });
  const counter: Counter = { desk, exit, file: () => program.opts<{ config?: string }>().config };
  const loaded = await Promise.all(filesFor(words).map(({ load }) => load()));
  for (const add of loaded) add(program, counter);
  return program;
}
