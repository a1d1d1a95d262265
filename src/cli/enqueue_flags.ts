import type { Command } from 'commander';
import { BelfryError } from '../core/errors.ts';
import type { EnqueueOptions } from '../core/job.ts';
import type { UniqueMode } from '../core/unique_spec.ts';
import { wholeNumber, wordOf } from './options.ts';

export type EnqueueWords = {
  id?: string;
  delay?: string;
  priority?: string;
  deadline?: string;
  expiry?: string;
  uniqueKey?: string;
  unique?: string | boolean;
  uniqueFor?: string;
  maxWait?: string;
};

const MODES = ['unique', 'throttle', 'debounce', 'replace'] as const satisfies readonly UniqueMode[];

/** Adds the flags that say more of a run than its job does. */
export function withEnqueueFlags(command: Command): Command {
  return command
    .option('--id <id>', 'its own id: a second run with it is not made')
    .option('--delay <duration>', 'not before this long from now')
    .option('--priority <n>', '0 to 9, 9 is most urgent')
    .option('--deadline <when>', 'no attempt starts after this: an instant, or so long after it is due')
    .option('--expiry <duration>', 'ends it where it is not over so long after it is due')
    .option('--unique-key <key>', 'at most one run of this key: a text or a template such as invoice:{invoice}')
    .option('--unique [mode]', `what is done while a run has the key (default: the payload): ${MODES.join(', ')}`)
    .option('--unique-for <duration>', 'how long, for throttle, debounce and unique')
    .option('--max-wait <duration>', 'with debounce: no longer than this after the first');
}

/** What the flags say; undefined where none of them is given. Throws BAD_USAGE naming a flag. */
export function enqueueOptionsOf(words: EnqueueWords): EnqueueOptions | undefined {
  const { id, delay, priority, deadline, expiry } = words;
  const unique = uniqueOf(words);
  const options: EnqueueOptions = {
    ...(id === undefined ? {} : { id }),
    ...(delay === undefined ? {} : { delay }),
    ...(priority === undefined ? {} : { priority: wholeNumber(priority, '--priority', { from: 0, to: 9 }) }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(expiry === undefined ? {} : { expiry }),
    ...(unique === undefined ? {} : { unique }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}

function uniqueOf({ unique, uniqueKey, uniqueFor, maxWait }: EnqueueWords): EnqueueOptions['unique'] {
  if (unique === undefined && uniqueKey === undefined) {
    const flag = uniqueFor === undefined ? '--max-wait' : '--unique-for';
    if (uniqueFor === undefined && maxWait === undefined) return undefined;
    throw new BelfryError('BAD_USAGE', `${flag} is given without a key`, {
      field: flag,
      hint: 'add --unique or --unique-key',
    });
  }
  return {
    ...(typeof unique === 'string' ? { mode: wordOf(unique, '--unique', MODES) } : {}),
    ...(uniqueKey === undefined ? {} : { key: uniqueKey }),
    ...(uniqueFor === undefined ? {} : { for: uniqueFor }),
    ...(maxWait === undefined ? {} : { maxWait }),
  };
}
