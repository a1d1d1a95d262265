import type { Ajv as AjvInstance, Options, ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify';
import type { FastifySchemaControllerOptions, FastifyValidationResult } from 'fastify/types/schema.js';
import { createRequire } from 'node:module';
import { BelfryError } from '../core/errors.ts';

type AjvPackage = { Ajv: new (options: Options) => AjvInstance };
type Formats = (ajv: AjvInstance) => AjvInstance;

/**
 * As Fastify sets Ajv up, but what a request should not say is an error, never dropped in silence: an empty filter means
 * everything. Texts of an address are read as what they stand for; JSON says by itself what a value is.
 */
const OPTIONS: Options = {
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
  let ofTexts: AjvInstance | undefined;
  let ofJson: AjvInstance | undefined;
  const compiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) =>
    checkLater(() => {
      const ajv =
        httpPart === 'body'
          ? (ofJson ??= loadAjv(OPTIONS))
          : (ofTexts ??= loadAjv({ ...OPTIONS, coerceTypes: 'array' }));
      return ajv.compile(schema);
    });
  // No route has a schema of its answers. Fastify declares these two as what Ajv exports, and calls them as its compilers.
  const compilersFactory: unknown = { buildValidator: () => compiler, buildSerializer: () => () => JSON.stringify };
  return { compilersFactory: compilersFactory as NonNullable<FastifySchemaControllerOptions['compilersFactory']> };
}

/** Names the field that a request has wrong, also one that it should not have. */
export const describeSchemaError: NonNullable<FastifyServerOptions['schemaErrorFormatter']> = (errors, part) => {
  const { instancePath = '', message = 'is wrong', params = {} } = errors[0] ?? {};
  const { additionalProperty, missingProperty } = params;
  const stray = typeof additionalProperty === 'string' ? additionalProperty : undefined;
  const named = stray ?? (typeof missingProperty === 'string' ? missingProperty : undefined);
  const field = [...instancePath.split('/').slice(1), ...(named === undefined ? [] : [named])].join('.');
  // A union of words has an error for each of them.
  const words = errors.flatMap((error) => {
    const word = error.instancePath === instancePath ? error.params['allowedValue'] : undefined;
    return typeof word === 'string' ? [word] : [];
  });
  const fault = words.length > 0 ? 'is none of the words that it may be' : message;
  const said = `${part}${instancePath} ${fault}${stray === undefined ? '' : `: ${stray}`}`;
  return new BelfryError('BAD_USAGE', said, {
    ...(field !== '' && { field }),
    ...(words.length > 0 && { hint: `one of ${words.join(', ')}` }),
  });
};

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

function loadAjv(options: Options): AjvInstance {
  const load = createRequire(import.meta.url);
  const { Ajv } = load('ajv') as AjvPackage;
  return (load('ajv-formats') as Formats)(new Ajv(options));
}
