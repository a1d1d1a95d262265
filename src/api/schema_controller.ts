import type { Ajv as AjvInstance, Options, ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { FastifySchemaControllerOptions, FastifyValidationResult } from 'fastify/types/schema.js';
import { createRequire } from 'node:module';

type AjvPackage = { Ajv: new (options: Options) => AjvInstance };
type Formats = (ajv: AjvInstance) => AjvInstance;

/**
 * As Fastify sets Ajv up, but what a request should not say is an error, never dropped in silence: an empty filter means
 * everything.
 */
const OPTIONS: Options = {
  coerceTypes: 'array',
  useDefaults: true,
  removeAdditional: false,
  addUsedSchema: false,
  allErrors: false,
};

/**
 * Compiles the schema of a route with the first request that it is to check, and loads Ajv with the first of them: most
 * processes end without having been asked for most routes.
 */
export function createSchemaController(): FastifySchemaControllerOptions {
  let ajv: AjvInstance | undefined;
  const compile = (schema: object): ValidateFunction => (ajv ??= loadAjv()).compile(schema);
  const compiler: FastifySchemaCompiler<object> = ({ schema }) => checkLater(() => compile(schema));
  // No route has a schema of its answers. Fastify declares these two as what Ajv exports, and calls them as its compilers.
  const compilersFactory: unknown = { buildValidator: () => compiler, buildSerializer: () => () => JSON.stringify };
  return { compilersFactory: compilersFactory as NonNullable<FastifySchemaControllerOptions['compilersFactory']> };
}

/** A check of Ajv in the place of one that is compiled when it is asked for the first time; it tells its errors as that one. */
function checkLater(compile: () => ValidateFunction): FastifyValidationResult {
  let validate: ValidateFunction | undefined;
  const check: FastifyValidationResult = (data: unknown) => {
    validate ??= compile();
    const isValid = validate(data);
    check.errors = validate.errors ?? null;
    return isValid;
  };
  return check;
}

function loadAjv(): AjvInstance {
  const load = createRequire(import.meta.url);
  const { Ajv } = load('ajv') as AjvPackage;
  return (load('ajv-formats') as Formats)(new Ajv(OPTIONS));
}
