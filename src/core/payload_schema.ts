import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Ajv, ErrorObject, Options, ValidateFunction } from 'ajv';
import type { JobDefinition } from './definition.ts';
import { BelfryError, messageOf } from './errors.ts';
import type { Json } from './job.ts';

// Ajv and Standard Schemas only compute: no clock, no I/O. That is what lets this file live in core.

/** `draft-07` understands draft 06 too. */
export type JsonSchemaDialect = 'draft-07' | '2020-12';
export type OpenAjv = (dialect: JsonSchemaDialect, options: Options) => Pick<Ajv, 'compile'>;

let openAjv: OpenAjv = () => {
  throw new Error('nobody has said where Ajv is loaded');
};

/** Says where Ajv comes from: few processes have a JSON Schema to compile, and core can load nothing later by itself. */
export function installAjv(open: OpenAjv): void {
  openAjv = open;
}

type Validate = JobDefinition['validate'];

/**
 * Turns the `payload` field of a job into a check. A Standard Schema may change the payload (defaults, coercion) and
 * may answer later; a JSON Schema only checks. Throws BAD_JOB when the schema itself is not one.
 */
export function compilePayloadSchema(schema: unknown, job: string): Validate {
  if (schema === undefined) return (payload) => payload;
  if (isStandardSchema(schema)) return standardCheck(schema, job);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw new BelfryError('BAD_JOB', 'payload is not a schema', {
      field: 'payload',
      hint: "a Standard Schema (zod, valibot, arktype) or a JSON Schema such as { type: 'object', required: ['id'] }",
    });
  }
  return jsonSchemaCheck(schema as Record<string, unknown>, job);
}

function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  return ((typeof schema === 'object' && schema !== null) || typeof schema === 'function') && '~standard' in schema;
}

function standardCheck(schema: StandardSchemaV1, job: string): Validate {
  const judge = (answer: StandardSchemaV1.Result<unknown>): Json => {
    const issue = answer.issues?.[0];
    if (issue !== undefined) throw refusal(job, pathOfIssue(issue), issue.message);
    return (answer as StandardSchemaV1.SuccessResult<unknown>).value as Json;
  };
  return (payload) => {
    const answer = schema['~standard'].validate(payload);
    return answer instanceof Promise ? answer.then(judge) : judge(answer);
  };
}

function pathOfIssue(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return ['payload', ...keys].join('.');
}

function jsonSchemaCheck(schema: Record<string, unknown>, job: string): Validate {
  const check = compileJsonSchema(schema);
  return (payload) => {
    if (check(payload)) return payload;
    const error = check.errors?.[0];
    throw refusal(job, pathOfError(error), expectationOf(error));
  };
}

/** Draft 2020-12 unless `$schema` names an older one: the two differ in what `items` and `definitions` mean. */
function compileJsonSchema(schema: Record<string, unknown>): ValidateFunction {
  const dialect = /draft-0[67]/.test(String(schema['$schema'])) ? 'draft-07' : '2020-12';
  const ajv = openAjv(dialect, { strict: false, allErrors: false, logger: false });
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new BelfryError('BAD_JOB', `payload is not a JSON Schema: ${messageOf(error)}`, {
      field: 'payload',
      hint: 'see https://json-schema.org/understanding-json-schema; draft 2020-12, 07 and 06 are understood',
      cause: error,
    });
  }
}

function pathOfError(error: ErrorObject | undefined): string {
  const keys = (error?.instancePath ?? '').split('/').slice(1);
  const missing: unknown = error?.params['missingProperty'] ?? error?.params['additionalProperty'];
  if (typeof missing === 'string') keys.push(missing);
  return ['payload', ...keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))].join('.');
}

function expectationOf(error: ErrorObject | undefined): string {
  if (error?.keyword === 'required') return 'is required';
  if (error?.keyword === 'additionalProperties') return 'is not a known property';
  if (error?.keyword === 'enum') return `must be one of ${JSON.stringify(error.params['allowedValues'])}`;
  if (error?.keyword === 'const') return `must be ${JSON.stringify(error.params['allowedValue'])}`;
  return error?.message ?? 'is refused';
}

function refusal(job: string, path: string, expected: string): BelfryError {
  return new BelfryError('BAD_PAYLOAD', `${path}: ${expected}`, {
    field: path,
    hint: `the payload must fit the schema of job ${job}`,
  });
}
