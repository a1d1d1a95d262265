import { BelfryError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { CONFIG_FILE, readText } from './files.ts';
import { SETTINGS, variableOf } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** May also be given as a file, the way Docker and Kubernetes mount secrets: `REDIS_PASSWORD_FILE=/run/secrets/x`. */
export const SECRETS = [
  'REDIS_URL',
  'BELFRY_REDIS_URL',
  'BELFRY_REDLOCK',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
  'BELFRY_API_TOKEN',
  'BELFRY_PAYLOAD_KEYS',
  'BELFRY_SIGNING_KEYS',
] as const;

/** Set by Belfry for the jobs that it runs, and so met again by a `belfry` that a job starts. */
const SET_FOR_JOBS = ['BELFRY_REDIS_SOCKET', 'BELFRY_BIN'];

const OWN_VARIABLES: readonly string[] = [
  ...Object.keys(SETTINGS)
    .filter((key) => key !== 'pools')
    .map(variableOf),
  ...SECRETS.flatMap((name) => (name.startsWith('BELFRY_') ? [name, `${name}_FILE`] : [])),
  ...SET_FOR_JOBS,
];

/**
 * For a Service named `belfry` Kubernetes sets variables such as BELFRY_PORT=tcp://10.0.0.1:7466 in every pod of its
 * namespace. They are not meant for us.
 */
const KUBERNETES_NAME = /_SERVICE_(?:HOST|PORT(?:_.*)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const KUBERNETES_VALUE = /^(?:tcp|udp|sctp):\/\//;

/** The variables that count: empty ones are unset, and so are the ones that Kubernetes wrote. */
export function readEnvironment(env: Environment): Map<string, string> {
  return new Map(
    Object.entries(env).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && value !== '' && !isFromKubernetes(name, value);
    }),
  );
}

/** @throws BelfryError BAD_CONFIG for a `BELFRY_` variable that nobody reads: a typing error must not pass in silence. */
export function refuseUnknownVariables(variables: ReadonlyMap<string, string>): void {
  for (const name of variables.keys()) {
    if (!name.startsWith('BELFRY_') || OWN_VARIABLES.includes(name)) continue;
    throw new BelfryError('BAD_CONFIG', `the variable ${name} is not known`, { field: name, hint: hintFor(name) });
  }
}

/** A secret's value from its variable or from the file that `<name>_FILE` names, with the variable to name in errors. */
export function secretFrom(
  variables: ReadonlyMap<string, string>,
  name: (typeof SECRETS)[number],
): { value: string; place: string } | undefined {
  const value = variables.get(name);
  const file = variables.get(`${name}_FILE`);
  if (file === undefined) return value === undefined ? undefined : { value, place: name };
  if (value !== undefined) {
    throw new BelfryError('BAD_CONFIG', `${name} and ${name}_FILE are both set`, { field: name, hint: 'unset one' });
  }
  return { value: readText(file, `${name}_FILE`).trim(), place: `${name}_FILE` };
}

function isFromKubernetes(name: string, value: string): boolean {
  return (
    name.startsWith('BELFRY_') &&
    (KUBERNETES_NAME.test(name) || (name.endsWith('_PORT') && KUBERNETES_VALUE.test(value)))
  );
}

function hintFor(name: string): string {
  if (name === 'BELFRY_POOLS') return `pools are set in ${CONFIG_FILE}`;
  const near = suggest(name, OWN_VARIABLES);
  return near === undefined ? `known: ${OWN_VARIABLES.join(', ')}` : `did you mean ${near}?`;
}
