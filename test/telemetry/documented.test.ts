import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { jobFile, makePlace, startBelfry } from '../support/belfry_process.ts';
import { readExposition, type Metric } from '../support/exposition.ts';
import { metricsTable } from '../support/metrics_table.ts';
import { startRedis } from '../support/redis.ts';
import { promtool } from '../support/tools.ts';
import { PROMISED } from './promised.ts';

const PAGE = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url));

test('docs/metrics.md has each metric that a process of each role really serves, as it is, and promtool finds no fault', async () => {
  const redis = await startRedis();
  const place = makePlace({ 'often.ts': jobFile(`schedule: { every: '1s' }, run: () => 1`) });
  const variables = { REDIS_URL: redis.url };
  const serve = async (role: string): Promise<Metric[]> => {
    const belfry = startBelfry(place, ['start', '--role', role], variables);
    await belfry.untilSays('is up"');
    const text = await (await fetch(`${await belfry.url()}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync(promtool(), ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect({ role, status, said: `${stdout}${stderr}` }).toEqual({ role, status: 0, said: '' });
    return readExposition(text);
  };
  const [scheduler, worker, api] = await Promise.all([serve('scheduler'), serve('worker'), serve('api')]);
  const table = metricsTable({ scheduler, worker, api });
  const written = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `belfry_'));
  expect(written).toEqual(table);
  expect(table.map((line) => /`(\w+)`/.exec(line)?.[1])).toEqual(Object.keys(PROMISED));
});
