import { jobFile, makePlace, startBelfry, type LivingBelfry, type Place, type Variables } from './belfry_process.ts';
import { startRedis } from './redis.ts';
import type { TestRedis } from './redis.ts';

/** Jobs of the tests of the command line: each is what its name says. */
export const JOBS: Readonly<Record<string, string>> = {
  'echo.ts': jobFile(`
    description: 'Answers its payload',
    payload: { type: ['object', 'null'] },
    run: ({ payload, log }) => { log.info('got it', { payload }); return payload; }`),
  'hourly.ts': jobFile(`
    description: 'Fires each hour in Berlin', owner: 'tests@example.com',
    schedule: { cron: '30 * * * *', timezone: 'Europe/Berlin', jitter: '5s' },
    slo: { lag: '90s' }, timeout: '10m', limits: [{ rate: '20/1s' }],
    run: () => 'done'`),
  'fails.ts': jobFile(`
    description: 'Fails at once',
    run: ({ log }) => { log.warn('about to fail'); throw new NonRetryableError('no such partner'); }`),
  'waits.ts': jobFile(`
    description: 'Runs until it is stopped',
    schedule: { cron: '0 0 1 1 *' },
    run: ({ signal, log }) => new Promise((resolve, reject) => {
      log.info('waiting');
      signal.addEventListener('abort', () => reject(signal.reason));
    })`),
  'elsewhere.ts': jobFile(`description: 'No worker serves its queue', queue: 'elsewhere', run: () => null`),
};

export type TestFleet = { redis: TestRedis; place: Place; belfry: LivingBelfry; variables: Variables };

/** One `belfry start --role all` over these jobs, on a Redis of the test file's own. Its workers serve the queue `default`. */
export async function startFleet(jobs: Readonly<Record<string, string>> = JOBS): Promise<TestFleet> {
  const redis = await startRedis({ persistence: 'aof' });
  const place = makePlace(jobs);
  place.write('belfry.config.json', '{ "pools": { "default": { "queues": ["default"], "concurrency": 5 } } }');
  const variables = { REDIS_URL: redis.url };
  const belfry = startBelfry(place, ['start'], variables);
  await belfry.untilSays('is up"');
  await belfry.untilSays('leads shard 0');
  return { redis, place, belfry, variables };
}
