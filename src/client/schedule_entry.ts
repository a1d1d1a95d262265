import { compileSchedule, type CompiledSchedule } from '../core/compiled_schedule.ts';
import { BelfryError, messageOf, type ErrorCode } from '../core/errors.ts';
import type { Json, ScheduleSpec } from '../core/job.ts';
import { quote } from '../core/quote.ts';
import type { ScheduleRule } from '../core/schedule.ts';
import { scheduleIdOf } from '../core/schedule_id.ts';
import type { Seal } from '../core/seal.ts';
import { suggest } from '../core/suggest.ts';
import { readTags } from './tags.ts';
import { calendarsNamedBy, includesReboot, type RuleCache } from './rule_cache.ts';

/** A schedule as a caller writes it. Its id is `<job>:<key>`. */
export type ScheduleEntry = {
  job: string;
  /** 1 to 120 of A–Z a–z 0–9 _ . - / + = , the same key is the same schedule. */
  key: string;
  schedule: ScheduleSpec;
  /** Payload of its runs. Default `null`. */
  payload?: Json;
  /** Words to find it by. */
  tags?: readonly string[];
};

/** What is wrong with one entry of many, and which it is. */
export type EntryError = { code: ErrorCode; message: string; field?: string; hint?: string };

/** An entry that was checked, ready to be planned. */
export type PreparedEntry = { index: number; id: string; ruleJson: string; compiled: CompiledSchedule };

export type EntryContext = {
  rules: RuleCache;
  /** Throws NOT_FOUND for a job that no deploy has registered. */
  assertJob: (job: string) => Promise<void> | void;
  /** JSON of a payload that the job takes. Throws BAD_PAYLOAD, PAYLOAD_TOO_LARGE. */
  encodePayload: (job: string, payload: Json) => Promise<string> | string;
  sign: Seal['signSchedule'];
  /** Throws BAD_SCHEDULE for a calendar that is not there. */
  timingOf: Parameters<typeof compileSchedule>[2];
};

const KEY = /^[A-Za-z0-9_.\-/+=,]{1,120}$/;

/** Checks one entry and compiles its rule. Throws coded errors; those of the schedule name its key. */
export async function prepareEntry(entry: ScheduleEntry, index: number, context: EntryContext): Promise<PreparedEntry> {
  assertShape(entry);
  const { job, key, schedule, payload = null, tags } = entry;
  const known = context.assertJob(job);
  if (known !== undefined) await known;
  const id = scheduleIdOf(job, key);
  const { json, rule } = context.rules.ruleOf(schedule, id);
  if (includesReboot(rule)) {
    throw new BelfryError('BAD_SCHEDULE', 'schedule.cron is @reboot, which belongs to a deployment of job files', {
      field: 'schedule.cron',
      hint: 'write @reboot into the job file, or trigger the schedule',
    });
  }
  const encoded = payload === null ? 'null' : context.encodePayload(job, payload);
  const payloadJson = typeof encoded === 'string' ? encoded : await encoded;
  const parts = [json.slice(0, -1)];
  if (tags !== undefined && tags.length > 0) parts.push(`"tg":${JSON.stringify(readTags(tags))}`);
  const signature = context.sign(id, payloadJson);
  if (signature !== undefined) parts.push(`"sg":"${signature}"`);
  if (payloadJson !== 'null') parts.push(`"p":${payloadJson}`);
  return { index, id, ruleJson: `${parts.join(',')}}`, compiled: compileEntry(id, rule, context) };
}

/** Plans do not depend on payload and tags, so schedules of the same rule share what is compiled, `H` aside. */
function compileEntry(id: string, rule: ScheduleRule, { rules, timingOf }: EntryContext): CompiledSchedule {
  if (calendarsNamedBy(rule).length > 0) return compileSchedule(id, rule, timingOf);
  const shared = rules.compiledOf(rule);
  if (shared !== undefined) return shared;
  const compiled = compileSchedule(id, rule, timingOf);
  if (!compiled.timing.usesSeed) rules.share(rule, compiled);
  return compiled;
}

function assertShape(entry: ScheduleEntry): void {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new BelfryError('BAD_USAGE', `an entry is ${quote(entry)}, not an object`, { hint: SHAPE });
  }
  for (const field in entry) if (!FIELDS.has(field)) throw unknownField(field);
  const { job, key } = entry as { job: unknown; key: unknown };
  if (typeof job !== 'string' || job === '') {
    throw new BelfryError('BAD_USAGE', `job is ${quote(job)}`, { field: 'job', hint: SHAPE });
  }
  if (typeof key === 'string' && KEY.test(key)) return;
  throw new BelfryError('BAD_USAGE', `key is ${quote(key)}`, {
    field: 'key',
    hint: '1 to 120 of the characters A–Z a–z 0–9 _ . - / + = and ,',
  });
}

const FIELDS: ReadonlySet<string> = new Set([
  'job',
  'key',
  'schedule',
  'payload',
  'tags',
] satisfies (keyof ScheduleEntry)[]);

function unknownField(field: string): BelfryError {
  const near = suggest(field, [...FIELDS]);
  return new BelfryError('BAD_USAGE', `an entry has the unknown field ${quote(field)}`, {
    field,
    hint: near === undefined ? `an entry takes ${[...FIELDS].join(', ')}` : `did you mean ${near}?`,
  });
}

const SHAPE = '{ "job": "partners/poll", "key": "user-42", "schedule": { "cron": "*/5 * * * *" } }';

export function describeEntryError(thrown: unknown): EntryError {
  if (!(thrown instanceof BelfryError)) return { code: 'INTERNAL', message: messageOf(thrown) };
  const { code, message, field, hint } = thrown;
  return { code, message, ...(field === undefined ? {} : { field }), ...(hint === undefined ? {} : { hint }) };
}
