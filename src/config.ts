import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readApiToken } from './config/api_token.ts';
import { readEnvironment, refuseUnknownVariables } from './config/environment.ts';
import type { Environment } from './config/environment.ts';
import { CONFIG_FILE, readConfigFile } from './config/files.ts';
import { readRedis, readRedlock } from './config/redis.ts';
import { readSealKeys } from './config/seal_keys.ts';
import { describeTarget } from './config/redis_url.ts';
import type { Written } from './config/reading.ts';
import { SETTINGS, variableOf } from './config/settings.ts';
import type { LogFormat, LogThreshold, SettingKey, SettingValues } from './config/settings.ts';
import { withQueues, type PoolSettings, type Pools } from './config/pools.ts';
import type { RunLogs } from './core/log_line.ts';
import { formatSize } from './core/size.ts';
import { formatDuration } from './core/time/duration.ts';
import type { RedisTarget, SingleTarget } from './core/redis_target.ts';
import type { SealKeys } from './core/seal.ts';

/** Everything that can be set, read once at the door. Durations are in ms, sizes in bytes, folders absolute. */
export type Config = {
  readonly namespace: string;
  readonly shards: number;
  readonly jobsFolder: string;
  readonly dataFolder: string;
  readonly redis: RedisTarget;
  /** Nodes that hold the leader's lock beside `redis`; an even number. */
  readonly redlock: readonly SingleTarget[];
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** What a caller of the API must show; undefined: nobody may. */
    readonly token: string | undefined;
  };
  /** What whoever deploys calls this deployment, for `@reboot`. */
  readonly deployment: string | undefined;
  /** Most values of a metric's label, see createMetrics. */
  readonly metricsMaxSeries: number;
  /** Missed fire times that a shard releases in a second, at most. */
  readonly catchUpPerSecond: number;
  readonly leaderTtlMs: number;
  readonly runLeaseMs: number;
  /** How long running attempts may go on after a stop is asked for. */
  readonly drainMs: number;
  /** Longest wait before it registers or claims, where many processes start at once. */
  readonly startStaggerMs: number;
  readonly log: { readonly level: LogThreshold; readonly format: LogFormat };
  readonly runLogs: RunLogs;
  /** Per job: what is kept of ended runs, and of the ledger of fire times. */
  readonly retention: {
    readonly historyCount: number;
    readonly historyAgeMs: number;
    readonly historyBytes: number;
    readonly ledgerCount: number;
  };
  readonly caps: { readonly payloadBytes: number; readonly resultBytes: number; readonly runLogBytes: number };
  /** What payloads are encrypted and signed with. */
  readonly sealKeys: SealKeys;
  readonly pools: Pools;
  /** What `belfry lint` asks of jobs where its flags do not say it: fires in one minute, and an owner. */
  readonly lint: { readonly budget: number | undefined; readonly owner: 'required' | 'optional' };
  /** The file that was read, if there was one. */
  readonly file: string | undefined;
};

export type ConfigSource = {
  env: Environment;
  cwd: string;
  /** A configuration file; without it `belfry.config.json` in `cwd` is read when it is there. */
  file?: string;
};

/**
 * The configuration: a variable wins over the file, the file over the default.
 * @throws BelfryError BAD_CONFIG naming the variable or the file's key, and what would be right.
 */
export function loadConfig({ env, cwd, file }: ConfigSource): Config {
  const variables = readEnvironment(env);
  refuseUnknownVariables(variables);
  const path = file === undefined ? resolve(cwd, CONFIG_FILE) : resolve(cwd, file);
  const isThere = file !== undefined || existsSync(path);
  const written = isThere ? readConfigFile(path) : {};
  const inFile = (key: string): Written | undefined =>
    written[key] === undefined ? undefined : { value: written[key], place: `${path}: ${key}` };
  const values = readSettings(variables, inFile);
  return toConfig(values, {
    cwd,
    file: isThere ? path : undefined,
    redis: readRedis(variables, inFile('redisUrl')),
    redlock: readRedlock(variables, inFile('redlock')),
    token: readApiToken(variables),
    sealKeys: readSealKeys(variables, values.requireSigned),
  });
}

/** The configuration as lines that may be shown and logged: no password and no key is in them. */
export function describeConfig(config: Config): string {
  const { retention, caps } = config;
  const rows: Readonly<Record<string, string>> = {
    file: config.file ?? 'none',
    redis: describeTarget(config.redis),
    ...(config.redlock.length === 0 ? {} : { redlock: config.redlock.map(describeTarget).join(', ') }),
    namespace: `${config.namespace}, ${String(config.shards)} shard(s)`,
    jobs: config.jobsFolder,
    data: config.dataFolder,
    http: `${config.http.host}:${String(config.http.port)}, API ${config.http.token === undefined ? 'closed: no BELFRY_API_TOKEN' : 'with a token'}`,
    leases: `leader ${formatDuration(config.leaderTtlMs)}, run ${formatDuration(config.runLeaseMs)}`,
    drain: formatDuration(config.drainMs),
    log: `${config.log.level}, ${config.log.format}, runs: ${config.runLogs}`,
    history: [
      `${String(retention.historyCount)} runs per job`,
      formatDuration(retention.historyAgeMs),
      formatSize(retention.historyBytes),
      `${String(retention.ledgerCount)} fire times`,
    ].join(', '),
    caps: `payload ${formatSize(caps.payloadBytes)}, result ${formatSize(caps.resultBytes)}, log ${formatSize(caps.runLogBytes)}`,
    payloads: describeSeal(config.sealKeys),
    pools: Object.entries(config.pools).map(describePool).join('; '),
  };
  return Object.entries(rows)
    .map(([name, value]) => `${name.padEnd(10)} ${value}`)
    .join('\n');
}

function describeSeal({ payload, signing, signatures }: SealKeys): string {
  const ids = (keys: SealKeys['payload']): string => keys.map(({ id }) => id).join(', ');
  return [
    payload.length === 0 ? 'not encrypted' : `encrypted with ${ids(payload)}`,
    signing.length === 0 ? 'not signed' : `signed with ${ids(signing)}${signatures === 'required' ? ', required' : ''}`,
  ].join('; ');
}

function describePool([name, { queues, order, concurrency }]: [string, PoolSettings]): string {
  const named = queues.length === 1 && queues[0] === '*' ? 'every queue' : queues.join(', ');
  return `${name}: ${String(concurrency)} slots on ${named}${order === 'strict' ? ' in this order' : ''}`;
}

function readSettings(
  variables: ReadonlyMap<string, string>,
  inFile: (key: string) => Written | undefined,
): SettingValues {
  const read = <Key extends SettingKey>(key: Key): [Key, unknown] => {
    const written = inEnvironment(variables, key) ?? inFile(key);
    return [key, written === undefined ? SETTINGS[key].fallback : SETTINGS[key].read(written)];
  };
  return Object.fromEntries((Object.keys(SETTINGS) as SettingKey[]).map(read)) as SettingValues;
}

/** PORT is what hosting platforms hand out; BELFRY_PORT wins, for it can only be meant for us. */
function inEnvironment(variables: ReadonlyMap<string, string>, key: SettingKey): Written | undefined {
  const names = key === 'port' ? ['BELFRY_PORT', 'PORT'] : [variableOf(key)];
  const place = names.find((name) => variables.has(name));
  return place === undefined ? undefined : { value: variables.get(place), place };
}

function toConfig(
  values: SettingValues,
  rest: {
    cwd: string;
    file: string | undefined;
    redis: RedisTarget;
    redlock: SingleTarget[];
    token: string | undefined;
    sealKeys: SealKeys;
  },
): Config {
  return deepFreeze({
    namespace: values.namespace,
    shards: values.shards,
    jobsFolder: resolve(rest.cwd, values.jobs),
    dataFolder: resolve(rest.cwd, values.data),
    redis: rest.redis,
    redlock: rest.redlock,
    http: { host: values.host, port: values.port, token: rest.token },
    deployment: values.deployment === '' ? undefined : values.deployment,
    catchUpPerSecond: values.catchUpRate,
    metricsMaxSeries: values.metricsMaxSeries,
    leaderTtlMs: values.leaderTtl,
    runLeaseMs: values.runLease,
    drainMs: values.drain,
    startStaggerMs: values.startStagger,
    log: { level: values.log, format: values.logFormat },
    runLogs: values.runLogs,
    retention: {
      historyCount: values.historyCount,
      historyAgeMs: values.historyAge,
      historyBytes: values.historyBytes,
      ledgerCount: values.ledgerCount,
    },
    caps: { payloadBytes: values.payloadMax, resultBytes: values.resultMax, runLogBytes: values.runLogMax },
    sealKeys: rest.sealKeys,
    pools: withQueues(values.pools, values.queues, values.queueOrder),
    lint: { budget: values.lintBudget, owner: values.lintRequireOwner === 'yes' ? 'required' : 'optional' },
    file: rest.file,
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
