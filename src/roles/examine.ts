import type { Examination, Finding } from '../cli/examination.ts';
import { describeConfig, type Config } from '../config.ts';
import { BelfryError } from '../core/errors.ts';
import { loadJobs } from '../loader/load.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Connection } from '../store/connect.ts';
import { translateRedisError } from '../store/errors.ts';
import { FORMAT, judgeFormats, meetShards } from '../store/formats.ts';
import type { Store } from '../store/store.ts';
import { inspectRedis } from '../store/suitability.ts';
import { examineFleet } from './examine_fleet.ts';
import type { Host } from './host.ts';
import { cacheFolderOf } from './cache_folder.ts';
import { openVisit } from './session.ts';

/** A difference that people notice in logs; Belfry itself goes by the clock of Redis. */
const SKEW_MS = 1_000;

/** `belfry doctor`: looks at everything, and goes on where something is wrong. */
export async function examineSystem(config: Config, host: Host): Promise<Examination> {
  const findings = [...examineRuntime(host), ...(await examineJobs(config, host))];
  const { assembly, connect } = openVisit(config, host);
  try {
    await connect('ignore');
    findings.push(...(await inspectRedis(assembly.store.connection)), await examineFormat(assembly.store));
    const { store } = assembly;
    const client = await assembly.client();
    const overview = await client.overview();
    findings.push(
      await examineClock(assembly.store.connection),
      ...(await examineFleet({ config, overview, store, client })),
    );
  } catch (error) {
    findings.push(asFinding('redis', translateRedisError(error)));
  } finally {
    assembly.close();
  }
  return { config: configRows(config), findings };
}

function configRows(config: Config): [string, string][] {
  return describeConfig(config)
    .split('\n')
    .map((line) => {
      const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return [name, value];
    });
}

function examineRuntime({ nodeVersion, tzVersion }: Host): Finding[] {
  return [
    { level: 'ok', check: 'node', says: `Node ${nodeVersion}` },
    { level: 'ok', check: 'time zones', says: `tzdata ${tzVersion}; it should be the same for every scheduler` },
  ];
}

async function examineJobs(config: Config, host: Host): Promise<Finding[]> {
  try {
    const { jobs, broken } = await loadJobs({
      directory: config.jobsFolder,
      importPackage: host.index,
      cacheDirectory: cacheFolderOf(config),
    });
    const found: Finding = { level: 'ok', check: 'jobs', says: `${jobs.length} loaded from ${config.jobsFolder}` };
    return [
      found,
      ...broken.map(({ where, reason, hint }): Finding => ({
        level: 'error',
        check: 'jobs',
        says: `${where}: ${reason}`,
        hint,
      })),
    ];
  } catch (error) {
    if (error instanceof BelfryError) return [asFinding('jobs', error)];
    throw error;
  }
}

/** What cannot be read is told, and the rest is looked at all the same. */
async function examineFormat({ shards }: Store): Promise<Finding> {
  const check = 'format';
  try {
    const formats = await meetShards(shards.map(({ shard }) => shard));
    const words = [...new Set(formats.map(({ format }) => format))].join(' and ');
    if (judgeFormats(formats) === 'current') return { level: 'ok', check, says: `the state has format ${words}` };
    const hint = 'belfry migrate; the start of a scheduler or worker of this release does it too';
    return { level: 'warning', check, says: `the state has format ${words}, and this Belfry writes ${FORMAT}`, hint };
  } catch (error) {
    return asFinding(check, translateRedisError(error));
  }
}

async function examineClock(connection: Connection): Promise<Finding> {
  const askedAt = systemClock.now();
  const [seconds, micros] = await connection.time();
  const between = (askedAt + systemClock.now()) / 2;
  const skewMs = Math.round(Number(seconds) * 1_000 + Number(micros) / 1_000 - between);
  if (Math.abs(skewMs) <= SKEW_MS) return { level: 'ok', check: 'clock', says: `${Math.abs(skewMs)} ms from Redis` };
  return {
    level: 'warning',
    check: 'clock',
    says: `this machine is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'behind' : 'ahead of'} Redis`,
    hint: 'jobs fire by the clock of Redis, which should be a right one: run NTP on both',
  };
}

function asFinding(check: string, { message, hint }: BelfryError): Finding {
  return { level: 'error', check, says: message, ...(hint === undefined ? {} : { hint }) };
}
