import type { RunLogs } from '../core/log_line.ts';
import { duration, oneOf, size, text, wholeNumber, yesOrNo } from './reading.ts';
import type { Reader } from './reading.ts';
import { readOrder, readPools, readQueues } from './pools.ts';
import type { QueueOrder } from '../core/queue_weights.ts';
import type { Pools } from './pools.ts';

/** A plain setting: how it is read and what it is when nobody writes it. `key` is its name in the file. */
export type Setting<T> = { readonly read: Reader<T>; readonly fallback: T };

const KIB = 1_024;
const MIB = 1_024 * KIB;

/**
 * Every setting with one value, under its name in belfry.config.json. Its variable is the same name as
 * `BELFRY_SHOUTING_CASE`: `leaderTtl` is `BELFRY_LEADER_TTL`. Defaults are here and nowhere else.
 */
export const SETTINGS = {
  // It stands inside a Redis hash tag and key, so no braces and no colon.
  namespace: setting<string>(text(/^[A-Za-z0-9_.-]{1,50}$/, '1 to 50 of the characters A–Z a–z 0–9 _ . -'), 'belfry'),
  shards: setting<number>(wholeNumber(1, 1_024), 1),
  jobs: setting<string>(text(/\S/, 'a folder'), 'jobs'),
  data: setting<string>(text(/\S/, 'a folder'), '.belfry'),
  port: setting<number>(wholeNumber(0, 65_535), 7_466),
  // Loopback also for `start`: whoever opens the port to a network says so (the image and the chart do).
  host: setting<string>(
    text(/^[A-Za-z0-9_.:-]+$/, 'a host name or an address, such as 127.0.0.1 or 0.0.0.0'),
    '127.0.0.1',
  ),
  // Empty: the jobs and the version of Belfry tell deployments apart.
  deployment: setting<string>(text(/^[^\s"\\]{1,100}$/, '1 to 100 characters without spaces'), ''),
  leaderTtl: setting<number>(duration('1s', '60s'), 5_000),
  runLease: setting<number>(duration('1s', '10m'), 6_000),
  // With the kill of isolated handlers (5 s) and the settlements after it, below the 30 s that Kubernetes waits.
  drain: setting<number>(duration('0s', '1h'), 20_000),
  // The longest wait of a process when many start at once; `dev` never waits.
  startStagger: setting<number>(duration('0s', '10m'), 5_000),
  log: setting<LogThreshold>(oneOf(['debug', 'info', 'warn', 'error', 'silent']), 'info'),
  logFormat: setting<LogFormat>(oneOf(['pretty', 'json', 'auto']), 'auto'),
  historyCount: setting<number>(wholeNumber(0, 1_000_000), 1_000),
  historyAge: setting<number>(duration('1m', '3650d'), 7 * 86_400_000),
  historyBytes: setting<number>(size(64 * KIB, 1_024 * MIB), 16 * MIB),
  ledgerCount: setting<number>(wholeNumber(10, 1_000_000), 2_000),
  // Runs a second, over all catch-ups of a shard: a recovery that live work does not feel.
  catchUpRate: setting<number>(wholeNumber(1, 10_000), 50),
  payloadMax: setting<number>(size(KIB, 16 * MIB), 64 * KIB),
  resultMax: setting<number>(size(KIB, 16 * MIB), 64 * KIB),
  runLogs: setting<RunLogs>(oneOf(['store', 'stdout', 'both']), 'store'),
  runLogMax: setting<number>(size(KIB, 64 * MIB), MIB),
  // Fires in one minute that `belfry lint` lets pass; undefined: it does not count.
  lintBudget: setting<number | undefined>(wholeNumber(1, 10_000_000), undefined),
  lintRequireOwner: setting<'yes' | 'no'>(yesOrNo, 'no'),
  // Workers refuse runs without a valid signature.
  requireSigned: setting<'yes' | 'no'>(yesOrNo, 'no'),
  // Values of `job_name`; queues, pools and limits have a fifth of it.
  metricsMaxSeries: setting<number>(wholeNumber(10, 1_000_000), 5_000),
  // Of the one pool; several are set in the file.
  queues: setting<readonly string[] | undefined>(readQueues, undefined),
  queueOrder: setting<QueueOrder | undefined>(readOrder, undefined),
  pools: setting<Pools>(readPools, { default: { queues: ['*'], concurrency: 20 } }),
};

export type LogThreshold = 'debug' | 'info' | 'warn' | 'error' | 'silent';
/** `auto` is pretty on a terminal and JSON elsewhere. */
export type LogFormat = 'pretty' | 'json' | 'auto';

export type SettingKey = keyof typeof SETTINGS;
export type SettingValues = { [Key in SettingKey]: (typeof SETTINGS)[Key]['fallback'] };

/** `leaderTtl` → `BELFRY_LEADER_TTL` */
export function variableOf(key: string): string {
  return `BELFRY_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function setting<T>(read: Reader<T>, fallback: T): Setting<T> {
  return { read, fallback };
}
