import { BelfryError } from '../core/errors.ts';
import { describeConfig, type Config } from '../config.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import type { Host } from './host.ts';
import { choosePools } from './pools.ts';
import type { Role } from './role.ts';
import { runRoles } from './run_roles.ts';

export type StartOptions = { role: Role | 'all'; pools: readonly string[] };

/** `belfry start`: runs one role, or all of them, until it is asked to stop. */
export async function start(config: Config, host: Host, { role, pools }: StartOptions): Promise<void> {
  const roles: Role[] = role === 'all' ? ['scheduler', 'worker', 'api'] : [role];
  if (pools.length > 0 && !roles.includes('worker')) {
    throw new BelfryError('BAD_USAGE', `--pool goes with a worker, and the role is ${role}`, {
      field: '--pool',
      hint: 'start --role worker --pool NAME',
    });
  }
  if (role !== 'all' && config.redis.kind === 'embedded') {
    throw new BelfryError(
      'BAD_CONFIG',
      `role ${role} alone needs a Redis to share with the other roles, and REDIS_URL is not set`,
      {
        field: 'REDIS_URL',
        hint: 'REDIS_URL=redis://host:6379/0; only `belfry dev` and `start --role all` bring a Redis of their own',
      },
    );
  }
  const log = openLog(config, host);
  log.debug(`configuration:\n${describeConfig(config)}`);
  await runRoles({
    config,
    host,
    log,
    manners: 'start',
    roles,
    pools: choosePools(config, pools),
    onReady: () => {
      log.info({ role, namespace: config.namespace }, `belfry ${host.version} is up`);
      return Promise.resolve();
    },
  });
  log.info('stopped');
}

function openLog(config: Config, host: Host): Log {
  const { level, format } = config.log;
  const isPretty = format === 'pretty' || (format === 'auto' && host.terminal !== 'no');
  return createLog({
    level,
    format: isPretty ? 'pretty' : 'json',
    colour: host.terminal === 'colour' ? 'on' : 'off',
    write: host.write,
  });
}
