import { describeTarget } from '../config/redis_url.ts';
import type { Config } from '../config.ts';
import type { Client } from '../client/client.ts';
import { formatJobTable } from '../cli/job_table.ts';
import { createPaint } from '../cli/paint.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLog } from '../telemetry/log.ts';
import type { Host } from './host.ts';
import type { JobSource } from './job_source.ts';
import { choosePools } from './pools.ts';
import { runRoles } from './run_roles.ts';

/** `belfry dev`: everything in one process, jobs loaded again as they change, a log for people. */
export async function dev(config: Config, host: Host): Promise<void> {
  const { level, format } = config.log;
  const colour = host.terminal === 'colour' ? 'on' : 'off';
  const log = createLog({ level, format: format === 'json' ? 'json' : 'pretty', colour, write: host.write });
  log.info(`belfry ${host.version}, Node ${host.nodeVersion}`);
  log.info(
    config.redis.kind === 'embedded'
      ? `REDIS_URL is not set: starting a private Redis (unix socket, AOF) in ${config.dataFolder}/redis`
      : `using ${describeTarget(config.redis)}`,
  );
  await runRoles({
    config,
    host,
    log,
    manners: 'dev',
    roles: ['scheduler', 'worker', 'api'],
    pools: choosePools(config, []),
    onReady: async ({ url, jobs, client }) => {
      if (format === 'json') {
        for (const { where, reason, hint } of jobs?.current().broken ?? []) log.error({ where, hint }, reason);
        log.info({ url }, `belfry ${host.version} is up`);
      } else host.write(await describeStart({ url, jobs, client, config, colour }));
    },
  });
  log.info('stopped');
}

type Started = {
  url: string;
  jobs: JobSource | undefined;
  client: () => Promise<Client>;
  config: Config;
  colour: 'on' | 'off';
};

async function describeStart({ url, jobs, client, config, colour }: Started): Promise<string> {
  const paint = createPaint(colour);
  const views = await (await client()).jobs.list();
  const table = formatJobTable(views, { paint, zone: 'local', now: systemClock.now() });
  const broken = (jobs?.current().broken ?? []).map(
    ({ where, reason, hint }) => `${paint('red', 'broken')} ${where}: ${reason}\n       hint: ${hint}`,
  );
  const parts = [
    views.length === 0 ? `no jobs yet: put a file into ${config.jobsFolder}` : table.trimEnd(),
    ...(broken.length === 0 ? [] : [broken.join('\n')]),
    `jobs are loaded again when files in ${config.jobsFolder} change; Ctrl-C stops\n${paint('bold', url)}`,
  ];
  return `\n${parts.join('\n\n')}\n\n`;
}
