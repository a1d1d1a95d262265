import type { ScheduleSpec } from '../job.ts';
import { assertKnownKeys } from '../known_keys.ts';
import type { ScheduleRule } from '../schedule.ts';
import { compilePolicies } from './compile_policies.ts';
import { WHEN_KEYS, compileWhen } from './compile_when.ts';

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
  /** What the user calls the spec; default `schedule`. */
  field?: string;
  /** Zone of a spec that names none; default UTC. */
  zone?: string;
};

/**
 * Turns a schedule as a job file or the API writes it into the rule that is stored, but for its tags, its payload and the
 * deployment of an `@reboot`, which are not the schedule's own to say: everything checked, defaults left
 * out, keys in the order of `ScheduleRule`, so that equal rules have equal JSON texts. A rule that can be shown never to
 * fire is refused. Throws BAD_SCHEDULE, BAD_CRON or BAD_DURATION naming the key.
 */
export function compileRule(spec: ScheduleSpec, context: RuleContext): ScheduleRule {
  const { id, field = 'schedule', zone } = context;
  assertKnownKeys(spec, KEYS, { code: 'BAD_SCHEDULE', field });
  const zoneUse = spec.blackout === undefined ? undefined : 'elsewhere';
  const when = compileWhen(spec, { id, field, zone, zoneUse });
  return { ...when, ...compilePolicies(spec, { id, field, when }) };
}
