import { describe, expect, test } from 'vitest';
import { jobFile, makePlace, runBelfry, startBelfry } from '../support/belfry_process.ts';
import { recordLoads } from '../support/loaded_modules.ts';
import { startRedis } from '../support/redis.ts';

const jobs = { 'chime.ts': jobFile(`schedule: { cron: '0 4 * * *' }, run: () => 'ding'`) };

/** What a command has loaded when it ends. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const place = makePlace();
  const { variables, modules } = recordLoads(place);
  expect((await runBelfry(place, words, variables)).code).toBe(0);
  return modules();
}

/** What a process of one role has loaded when it works. */
async function loadedInRole(role: 'scheduler' | 'worker' | 'api'): Promise<string[]> {
  const redis = await startRedis();
  const place = makePlace(jobs);
  const { variables, modules } = recordLoads(place);
  const belfry = startBelfry(place, ['start', '--role', role], { REDIS_URL: redis.url, ...variables });
  await belfry.untilSays('is up"');
  return modules();
}

const COMMANDS = /^dist\/cli\/commands\//;
const API_ROUTES = /^typebox\/|^dist\/api\/(?:api|\w+)_routes\.js$/;
const SCHEDULER = /^redlock\/|^dist\/scheduler\//;
const WORKER = /^dist\/worker\//;
const CLIENT = /^dist\/client\/client\.js$/;
const THE_REST =
  /^(?:ajv|chokidar|cronstrue|ical\.js)\/|^dist\/(?:simulation|loader\/watch|runtime\/embedded|core\/(?:capacity|explain|forecast|graph|lint|restart|rollout)\/)/;

const among = (modules: readonly string[], ...kinds: RegExp[]): string[] =>
  modules.filter((module) => kinds.some((kind) => kind.test(module)));

// Every start of a process pays for each module; a fleet that restarts pays for it many times at once.
describe('of the modules of Belfry', () => {
  test('--version loads next to nothing', async () => {
    const modules = await loadedBy('--version');
    expect(among(modules, COMMANDS, API_ROUTES, SCHEDULER, WORKER, CLIENT, THE_REST)).toEqual([]);
    expect(modules).toContain('dist/main.js');
    expect(modules.length).toBeLessThan(90);
  });

  test('a command loads no file of another one', async () => {
    const modules = await loadedBy('--config', 'package.json', 'next', '@daily', '--help');
    expect(among(modules, COMMANDS)).toEqual(['dist/cli/commands/next.js']);
    expect(among(modules, API_ROUTES, SCHEDULER, WORKER, CLIENT)).toEqual([]);
    expect(among(await loadedBy('--help'), COMMANDS).length).toBeGreaterThan(25);
  });

  test('a worker loads what works: no API, no scheduler, no client, no command but its own', async () => {
    const modules = await loadedInRole('worker');
    expect(among(modules, API_ROUTES, SCHEDULER, CLIENT, THE_REST)).toEqual([]);
    expect(among(modules, COMMANDS)).toEqual(['dist/cli/commands/roles.js']);
    expect(modules).toEqual(expect.arrayContaining(['dist/worker/worker.js', 'dist/worker/heartbeat_thread.js']));
    expect(modules.length).toBeLessThan(320);
  });

  test('a scheduler and an API load no worker, and an API no scheduler', async () => {
    const scheduler = await loadedInRole('scheduler');
    expect(among(scheduler, WORKER)).toEqual([]);
    expect(among(scheduler, API_ROUTES, SCHEDULER, CLIENT)).toEqual(
      expect.arrayContaining([
        'dist/api/api_routes.js',
        'dist/client/client.js',
        'dist/scheduler/scheduler.js',
        'redlock/dist/esm/index.js',
        'typebox/build/index.mjs',
      ]),
    );
    const api = await loadedInRole('api');
    expect(among(api, WORKER, SCHEDULER, /^dist\/loader\/|^jiti\//)).toEqual([]);
    expect(api).toContain('dist/api/api_routes.js');
  });
});
