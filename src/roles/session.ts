import { assemble, type Assembly } from '../assembly.ts';
import type { Config } from '../config.ts';
import { BelfryError } from '../core/errors.ts';
import { createEventBus } from '../core/events.ts';
import type { OlderState } from '../store/connect_first.ts';
import type { Host } from './host.ts';
import { cacheFolderOf } from './cache_folder.ts';
import { findTarget } from './redis.ts';

/** An assembly for the length of one command: connected when it is asked, with no loops. */
export type Visit = {
  assembly: Assembly;
  /** Throws REDIS_UNAVAILABLE and what else keeps it from connecting; see Assembly.connect for `older`. */
  connect(older?: OlderState): Promise<void>;
};

export function openVisit(config: Config, host: Host): Visit {
  const events = createEventBus();
  let reason = 'Redis cannot be reached';
  events.on('redis.lost', (event) => (reason = event.reason));
  const assembly = assemble({
    target: findTarget(config),
    config: { ...config, cacheFolder: cacheFolderOf(config) },
    events,
    about: { host: host.name, pid: host.pid, version: host.version, tzVersion: host.tzVersion },
    newId: host.newId,
    random: host.random,
  });
  return {
    assembly,
    async connect(older = 'refuse') {
      if ((await assembly.connect(older)) === 'connected') return;
      throw config.redis.kind === 'embedded' ? notRunning(config) : unreachable(reason);
    },
  };
}

function notRunning({ dataFolder }: Config): BelfryError {
  return new BelfryError('REDIS_UNAVAILABLE', `no Belfry runs here: the Redis of ${dataFolder} does not answer`, {
    field: dataFolder,
    hint: 'start it with npm start (or belfry dev), or set REDIS_URL to ask another one',
  });
}

function unreachable(reason: string): BelfryError {
  return new BelfryError('REDIS_UNAVAILABLE', reason, {
    field: 'REDIS_URL',
    hint: 'check that it runs and that REDIS_URL names it',
  });
}
