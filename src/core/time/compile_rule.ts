import type { Json, ScheduleSpec } from '../job.ts';
import { assertKnownKeys } from '../known_keys.ts';
import { quote } from '../quote.ts';
import type { ScheduleRule } from '../schedule.ts';
import { compilePolicies } from './compile_policies.ts';
import { WHEN_KEYS, compileWhen } from './compile_when.ts';
import { badSchedule } from './schedule_error.ts';

const KEYS = [
  ...WHEN_KEYS,
  'jitter',
  'window',
  'overlap',
  'catchUp',
  'catchUpWindow',
  'startDeadline',
  'blackout',
  'pauseOnFailure',
  'maxRuns',
  'afterLast',
] as const satisfies readonly (keyof ScheduleSpec)[];

export type RuleContext = {
  /** The schedule's id: it seeds `H`, and tells the job. */
  id: string;
  /** Payload of its runs. */
  payload?: Json;
  /** What the user calls the spec; default `schedule`. */
  field?: string;
  tags?: readonly string[];
  /** The deployment that an `@reboot` belongs to. */
  deployment?: string;
  /** Zone of a spec that names none; default UTC. */
  zone?: string;
};

/**
 * Turns a schedule as a job file or the API writes it into the rule that is stored: everything checked, defaults left
 * out, keys in the order of `ScheduleRule`, so that equal rules have equal JSON texts. A rule that can be shown never to
 * fire is refused. Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key.
 */
export function compileRule(spec: ScheduleSpec, context: RuleContext): ScheduleRule {
  const { id, payload, field = 'schedule', tags, deployment, zone } = context;
  assertKnownKeys(spec, KEYS, { code: 'BAD_SCHEDULE', field });
  const zoneUse = spec.blackout === undefined ? undefined : 'elsewhere';
  const when = compileWhen(spec, { id, field, deployment, zone, zoneUse });
  const tagList = readTags(tags);
  return {
    ...when,
    ...compilePolicies(spec, { id, field, when }),
    ...(tagList.length > 0 && { tg: tagList }),
    ...(payload !== undefined && payload !== null && { p: payload }),
  };
}

const TAG = /^[A-Za-z0-9_.:@\-/=+]{1,64}$/;
const MOST_TAGS = 20;

function readTags(tags: unknown): string[] {
  if (tags === undefined) return [];
  if (!Array.isArray(tags) || tags.length > MOST_TAGS) {
    throw badSchedule('tags', `is ${quote(tags)}`, `a list of at most ${MOST_TAGS} tags`);
  }
  const wrong: unknown = tags.find((tag) => typeof tag !== 'string' || !TAG.test(tag));
  if (wrong !== undefined) {
    throw badSchedule('tags', `has ${quote(wrong)}`, 'tags of 1 to 64 of the characters A–Z a–z 0–9 _ . : @ - / = +');
  }
  return [...new Set(tags as string[])].toSorted();
}
