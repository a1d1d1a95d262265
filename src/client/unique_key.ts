import { BelfryError } from '../core/errors.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { JobRecord } from '../core/job_record.ts';
import { compileUnique, packUnique, uniqueKeyOf, type UniqueRule } from '../core/unique.ts';
import { digestText } from '../store/payload_digest.ts';

/**
 * What an enqueue says of its key, else its job; undefined for none. The child of a run and the run of a batch have none:
 * whoever made them waits for each of them. Throws BAD_USAGE, BAD_DURATION.
 */
export function uniqueRuleOf(
  { unique, delay, parent }: Pick<EnqueueOptions, 'unique' | 'delay'> & { parent?: string },
  record: Pick<JobRecord, 'unique'>,
): UniqueRule | undefined {
  if (unique === false || parent !== undefined) return undefined;
  const rule = unique === undefined ? record.unique : compileUnique(unique, { code: 'BAD_USAGE', field: 'unique' });
  if (rule?.mode === 'debounce' && delay !== undefined) {
    throw new BelfryError(
      'BAD_USAGE',
      'delay is given beside a key of mode debounce, which says how long the run waits',
      {
        field: 'delay',
        hint: 'leave it out; `for` is the delay of a debounced run',
      },
    );
  }
  return rule;
}

/** What the run of one payload carries; undefined where the payload has no such key. */
export function uniqueExtraOf(rule: UniqueRule, payload: Json): string | undefined {
  const key = uniqueKeyOf(rule, payload ?? null, digestText);
  return key === undefined ? undefined : packUnique(rule, key);
}
