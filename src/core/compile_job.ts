import { compileAfter } from './after.ts';
import { compileIsolation } from './compile_isolation.ts';
import { compileLimits } from './compile_limits.ts';
import { compileStarts } from './compile_starts.ts';
import { compilePolicy, compileRetryCode } from './compile_policy.ts';
import type { JobDefinition } from './definition.ts';
import { BelfryError, messageOf } from './errors.ts';
import type { JobSpec, Json } from './job.ts';
import { assertKnownKeys, readWord, type Site } from './known_keys.ts';
import { assertName } from './names.ts';
import { compilePayloadSchema } from './payload_schema.ts';
import { assertPriority } from './policy.ts';
import { quote } from './quote.ts';
import type { ScheduleRule } from './schedule.ts';
import { compileSlo } from './slo.ts';
import { compileRule } from './time/compile_rule.ts';

const JOB_KEYS = [
  'description',
  'owner',
  'schedule',
  'after',
  'schedulePayload',
  'queue',
  'priority',
  'timeout',
  'retry',
  'limits',
  'fairness',
  'ordered',
  'on429',
  'slo',
  'unique',
  'deadline',
  'expiry',
  'maxSnoozes',
  'isolation',
  'payload',
  'run',
  'gather',
  'children',
] as const satisfies readonly (keyof JobSpec)[];

const DEFAULT_QUEUE = 'default';
const DEFAULT_PRIORITY = 5;

/** Where a job came from: the absolute path of its file, left out for a job that was handed over in code. */
export type JobOrigin = { file?: string | undefined };

/**
 * Checks what a job file exports as default and fills in the defaults; durations come out in ms.
 * Throws BAD_JOB, BAD_SCHEDULE, BAD_CRON, BAD_DURATION or BAD_PAYLOAD; `field` names the field that is wrong.
 */
export function compileJob(name: string, spec: unknown, origin: JobOrigin = {}): JobDefinition {
  assertName(name, 'job name');
  const job = assertJobSpec(spec);
  const validate = compilePayloadSchema(job.payload, name);
  const schedulePayload = compileSchedulePayload(job);
  const definition: JobDefinition = {
    name,
    description: compileText(job.description, 'description'),
    owner: compileText(job.owner, 'owner'),
    queue: assertName(job.queue ?? DEFAULT_QUEUE, 'queue'),
    priority: assertPriority(job.priority ?? DEFAULT_PRIORITY, 'priority'),
    policy: compilePolicy(job.retry, job.timeout),
    retryCode: compileRetryCode(job.retry),
    limits: compileLimits(name, job),
    on429: readWord(job.on429, ['hold', 'fail'], site('on429')) ?? 'hold',
    ...compileIsolation(job.isolation, origin.file),
    ...compileStarts(job),
    ...compileSlo(job.slo),
    schedule: compileSchedule(job, name, schedulePayload),
    schedulePayload,
    after: compileAfter(job.after),
    file: origin.file,
    run: job.run,
    gather: job.gather,
    children: readWord(job.children, ['all', 'settled'], site('children')) ?? 'all',
    validate,
  };
  assertScheduledPayload(definition);
  return definition;
}

function assertJobSpec(spec: unknown): JobSpec {
  const hint = 'export default defineJob({ async run({ payload, log }) { … } })';
  if (spec === undefined || spec === null) {
    throw new BelfryError('BAD_JOB', 'there is no job: the default export is missing', { hint });
  }
  assertKnownKeys(spec, JOB_KEYS, site('job'));
  const job = spec as JobSpec;
  if (typeof job.run !== 'function') {
    const reason = job.run === undefined ? 'the job has no run function' : `run is ${quote(job.run)}, not a function`;
    throw new BelfryError('BAD_JOB', reason, { field: 'run', hint });
  }
  if (job.gather !== undefined && typeof job.gather !== 'function') {
    throw new BelfryError('BAD_JOB', `gather is ${quote(job.gather)}, not a function`, { field: 'gather' });
  }
  if (job.schedule !== undefined && job.after !== undefined) {
    throw new BelfryError('BAD_JOB', 'the job has a schedule and comes after other jobs', {
      field: 'after',
      hint: 'keep one of the two; for both, let a second job with the schedule enqueue this one',
    });
  }
  return job;
}

function compileText(text: unknown, field: string): string {
  if (text === undefined) return '';
  if (typeof text === 'string') return text;
  throw new BelfryError('BAD_JOB', `${field} is ${quote(text)}`, { field, hint: `${field} is a text` });
}

const site = (field: string): Site => ({ code: 'BAD_JOB', field });

function compileSchedulePayload(job: JobSpec): Json {
  const payload = job.schedulePayload ?? null;
  if (payload !== null && job.schedule === undefined && job.after === undefined) {
    throw new BelfryError('BAD_JOB', 'schedulePayload is given, but the job has no schedule and comes after no job', {
      field: 'schedulePayload',
      hint: 'add a schedule, or take schedulePayload out: other runs bring their own payload',
    });
  }
  try {
    return JSON.parse(JSON.stringify(payload)) as Json;
  } catch (error) {
    throw new BelfryError('BAD_JOB', `schedulePayload cannot be written as JSON: ${messageOf(error)}`, {
      field: 'schedulePayload',
      hint: 'null, numbers, texts, booleans, lists and plain objects of these',
      cause: error,
    });
  }
}

function compileSchedule(job: JobSpec, name: string, payload: Json): ScheduleRule | undefined {
  if (job.schedule === undefined) return undefined;
  const rule = compileRule(job.schedule, { id: name });
  return payload === null ? rule : { ...rule, p: payload };
}

/**
 * A schedule whose payload its own job refuses would fill the dead letters, one run per fire time: better refused here.
 * A schema that answers later (an async Standard Schema) is left to the attempt.
 */
function assertScheduledPayload(definition: JobDefinition): void {
  if (definition.schedule === undefined && definition.after === undefined) return;
  try {
    const answer = definition.validate(definition.schedulePayload);
    if (answer instanceof Promise) answer.catch(() => undefined);
  } catch (error) {
    throw new BelfryError('BAD_JOB', `the schedule's runs would be refused: ${messageOf(error)}`, {
      field: 'schedulePayload',
      hint: 'give a schedulePayload that the payload schema accepts; without one the payload is null',
      cause: error,
    });
  }
}
