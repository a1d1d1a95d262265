import { describeAfter } from './after_words.ts';
import type { JobRecord } from '../job_record.ts';
import { describeLimit } from '../limit_words.ts';
import { describeRetry } from '../retry_words.ts';
import type { ScheduleRule } from '../schedule.ts';
import { formatDuration } from '../time/duration.ts';
import { describeRule } from '../time/words.ts';
import { describePolicies } from './policy_words.ts';

/** One thing about a job that is not as it was, in words; undefined where there is, or was, none. */
export type Difference = { field: string; before: string | undefined; after: string | undefined };

type Field = { field: string; words: (record: JobRecord) => string | undefined };

/** Parts of a record that are told in words. A part that none of these covers is told as JSON: nothing is kept silent. */
const FIELDS: readonly Field[] = [
  { field: 'description', words: ({ description }) => (description === '' ? undefined : description) },
  { field: 'owner', words: ({ owner }) => (owner === '' ? undefined : owner) },
  { field: 'schedule', words: (record) => whenOf(record) },
  { field: 'policies', words: (record) => policiesOf(record) },
  { field: 'tags', words: (record) => ruleOf(record)?.tg?.join(', ') },
  { field: 'payload', words: (record) => payloadOf(record) },
  { field: 'signature', words: (record) => signatureOf(record) },
  { field: 'after', words: ({ after }) => after && describeAfter(after) },
  { field: 'queue', words: ({ queue }) => queue },
  { field: 'priority', words: ({ priority }) => String(priority) },
  { field: 'retry', words: ({ policy }) => describeRetry(policy) },
  { field: 'timeout', words: ({ policy }) => (policy.timeoutMs === 0 ? undefined : formatDuration(policy.timeoutMs)) },
  { field: 'limits', words: ({ limits }) => (limits.length === 0 ? undefined : limits.map(describeLimit).join('; ')) },
  { field: 'isolation', words: ({ isolation }) => isolation },
  { field: 'slo.lag', words: ({ sloLagMs }) => formatDuration(sloLagMs) },
];

const TOLD_IN_WORDS: readonly string[] = [
  'name',
  'description',
  'owner',
  'ruleJson',
  'after',
  'queue',
  'priority',
  'policy',
  'policyRevision',
  'limits',
  'isolation',
  'sloLagMs',
] satisfies (keyof JobRecord)[];

const LONGEST = 120;

/** What differs between a job as it is stored and as its file says, in the order in which a job file is read. */
export function differencesOf(before: JobRecord, after: JobRecord): Difference[] {
  const told = FIELDS.map(({ field, words }) => ({ field, before: words(before), after: words(after) }));
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !TOLD_IN_WORDS.includes(key),
  );
  const rest = keys.map((field) => ({ field, before: jsonOf(before, field), after: jsonOf(after, field) }));
  const found = [...told, ...rest].filter((difference) => difference.before !== difference.after);
  if (found.length > 0 || JSON.stringify(before) === JSON.stringify(after)) return found;
  return [{ field: 'rule', before: before.ruleJson, after: after.ruleJson }];
}

function ruleOf({ ruleJson }: Pick<JobRecord, 'ruleJson'>): ScheduleRule | undefined {
  return ruleJson === undefined ? undefined : (JSON.parse(ruleJson) as ScheduleRule);
}

/** An `@reboot` fires once for each deployment, so another deployment is another rule. */
function whenOf(record: JobRecord): string | undefined {
  const rule = ruleOf(record);
  if (rule === undefined) return undefined;
  const words = describeRule(rule, record.name);
  return rule.b === undefined ? words : `${words} (deployment ${rule.b})`;
}

function policiesOf(record: JobRecord): string | undefined {
  const rule = ruleOf(record);
  return rule && describePolicies(rule);
}

function signatureOf(record: JobRecord): string | undefined {
  const signature = ruleOf(record)?.sg;
  return signature === undefined ? undefined : `signed: ${signature.slice(0, 16)}…`;
}

function payloadOf({ ruleJson, after }: JobRecord): string | undefined {
  const payload = ruleJson === undefined ? after?.payload : ruleOf({ ruleJson })?.p;
  return payload === undefined || payload === null ? undefined : clip(JSON.stringify(payload));
}

function jsonOf(record: JobRecord, key: string): string | undefined {
  const value = (record as unknown as Record<string, unknown>)[key];
  return value === undefined ? undefined : clip(JSON.stringify(value));
}

function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
