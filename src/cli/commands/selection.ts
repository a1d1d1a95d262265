import type { Command } from 'commander';
import type { RunSelection } from '../../client/bulk_filter.ts';
import { BelfryError } from '../../core/errors.ts';
import { RUN_STATES } from '../../core/run.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { EpochMs } from '../../core/time/units.ts';
import { wordOf } from '../options.ts';

export type SelectionWords = {
  queue?: string;
  job?: string;
  state?: string;
  tag?: string;
  olderThan?: string;
  since?: string;
  error?: string;
  all?: true;
};
export type WayWords = { rate?: string; note?: string };

/** `--queue`, `--job`, `--tag`, `--older-than`, `--since`, `--error` and `--all`: which runs. */
export function withSelection(command: Command): Command {
  return command
    .option('--queue <queue>', 'in this queue only')
    .option('--job <job>', 'of this job only')
    .option('--tag <tag>', 'fired by a schedule with this tag only')
    .option('--older-than <duration>', 'fire time (of a finished run: its end) at least so long ago, such as 2h')
    .option('--since <duration>', 'fire time (of a finished run: its end) within this long, such as 24h')
    .option('--error <text>', 'with this text in the last error only')
    .option('--all', 'every one');
}

/** `--state`, once or several with commas between. */
export function withState(command: Command): Command {
  return command.option('--state <states>', `in these states only, with commas between: ${RUN_STATES.join(', ')}`);
}

/** `--rate` and `--note`. */
export function withWay(command: Command): Command {
  return command
    .option('--rate <rate>', 'at most so fast, such as 500/1s')
    .option('--note <text>', 'why, for whoever looks at it later');
}

/** Whether it says anything is checked where it is used. Throws BAD_USAGE, BAD_DURATION. */
export function selectionOf(words: SelectionWords, now: EpochMs): RunSelection {
  const { queue, job, state, tag, olderThan, since, error, all } = words;
  const states = state?.split(',').map((one) => wordOf(one.trim(), '--state', RUN_STATES));
  return {
    ...(all === undefined ? {} : { all }),
    ...(queue === undefined ? {} : { queue }),
    ...(job === undefined ? {} : { job }),
    ...(states === undefined ? {} : { state: states }),
    ...(tag === undefined ? {} : { tag }),
    ...(olderThan === undefined ? {} : { until: now - parseDuration(olderThan, '--older-than') }),
    ...(since === undefined ? {} : { since: now - parseDuration(since, '--since') }),
    ...(error === undefined ? {} : { error }),
  };
}

export function wayOf({ rate, note }: WayWords) {
  return { ...(rate === undefined ? {} : { rate }), ...(note === undefined ? {} : { note }) };
}

/** What cannot be undone is asked for twice. Throws BAD_USAGE. */
export function assertYes(yes: true | undefined, what: string): void {
  if (yes === true) return;
  throw new BelfryError('BAD_USAGE', `${what}; this cannot be undone`, {
    field: '--yes',
    hint: 'say --yes if that is what you want',
  });
}
