import type { Command } from 'commander';

export type FilterWords = { job?: string; tag?: string; search?: string };

/** `--job`, `--tag` and `--search`. */
export function withFilter(command: Command): Command {
  return command
    .option('--job <job>', 'of this job only')
    .option('--tag <tag>', 'with this tag only')
    .option('--search <text>', 'with this text in the id or the rule: cron, zone, tags, payload');
}

export function filterOf({ job, tag, search }: FilterWords): FilterWords {
  return {
    ...(job === undefined ? {} : { job }),
    ...(tag === undefined ? {} : { tag }),
    ...(search === undefined ? {} : { search }),
  };
}
