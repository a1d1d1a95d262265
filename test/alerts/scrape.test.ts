import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRules } from '../support/alerts/rule_files.ts';
import { jobFile } from '../support/belfry_process.ts';
import { ask } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { readExposition, type Metric } from '../support/exposition.ts';
import { startFleet } from '../support/fleet.ts';

const METRICS_PAGE = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url));

const { alerts, recordings } = readRules();
/** Every metric of Belfry that a rule reads; recorded series have a colon. */
const NAMED = [
  ...new Set([...alerts, ...recordings].flatMap(({ expr }) => expr.match(/(?<![\w:])belfry_\w+(?![\w:])/g) ?? [])),
];

let url: string;
beforeAll(async () => {
  const fleet = await startFleet({
    'promises.ts': jobFile(`
      schedule: { cron: '0 0 1 1 *' }, timeout: '20m', run: () => 1,
      slo: { lag: '2m', failures: 5, success: 0.99, duration: '10m' }`),
    'plain.ts': jobFile(`timeout: '20m', run: () => 1`),
    'endless.ts': jobFile(`run: () => 1`),
  });
  url = await fleet.belfry.url();
  await ask(['jobs', 'run', 'plain', '--wait'], fleet);
});

async function scrape(): Promise<Map<string, Metric>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(8_000) });
  return new Map(readExposition(await response.text()).map((metric) => [metric.name, metric]));
}

/** The samples of a metric by job. */
async function byJob(name: string): Promise<Record<string, number>> {
  const samples = (await scrape()).get(name)?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['job_name'] ?? '', value]));
}

describe('what the alert rules read', () => {
  test('is served by a running Belfry', async () => {
    await eventually(async () => {
      const served = await scrape();
      expect(NAMED.filter((name) => !served.has(name))).toEqual([]);
    });
  });

  test('is on the page of metrics', () => {
    const page = readFileSync(METRICS_PAGE, 'utf8');
    expect(NAMED.filter((name) => !page.includes(name))).toEqual([]);
  });
});

describe('what a job file promises reaches the rules as metrics', () => {
  test.each([
    { name: 'belfry_job_lag_threshold_seconds', samples: { promises: 120, plain: 60, endless: 60 } },
    { name: 'belfry_job_failures_threshold', samples: { promises: 5, plain: 3, endless: 3 } },
    { name: 'belfry_job_success_objective_ratio', samples: { promises: 0.99 } },
    { name: 'belfry_job_duration_threshold_seconds', samples: { promises: 600, plain: 1_200 } },
  ])('$name', async ({ name, samples }) => {
    expect(await byJob(name)).toEqual(samples);
  });
});
