import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { jobFile } from '../support/belfry_process.ts';
import { ask } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { readExposition, type Metric } from '../support/exposition.ts';
import { JOBS, startFleet, type TestFleet } from '../support/fleet.ts';
import { promtool } from '../support/tools.ts';
import { PROMISED } from './promised.ts';

let fleet: TestFleet;
let url: string;
beforeAll(async () => {
  fleet = await startFleet({
    ...JOBS,
    'often.ts': jobFile(`schedule: { every: '1s' }, run: () => 1`),
    'stuck.ts': jobFile(`schedule: { every: '1s' }, queue: 'elsewhere', slo: { lag: '2s' }, run: () => 1`),
    'retries.ts': jobFile(
      `retry: { attempts: 2, backoff: { initial: '10ms' } }, run: () => { throw new Error('no'); }`,
    ),
    'promises.ts': jobFile(
      `slo: { failures: 5, success: 0.99, duration: '10m' }, schedule: { cron: '0 0 * * *' }, run: () => 1`,
    ),
    'limited.ts': jobFile(`limits: [{ key: 'partner:{partner}', rate: '1/1h' }], run: () => 1`),
  });
  url = await fleet.belfry.url();
  await ask(['jobs', 'run', 'fails', '--wait'], fleet);
  await ask(['jobs', 'run', 'retries', '--wait'], fleet);
  await ask(['jobs', 'run', 'waits'], fleet);
  for (let i = 0; i < 3; i += 1) {
    await ask(['jobs', 'run', 'limited', '--payload', '{"partner":"acme"}'], fleet);
  }
});

async function scrape(): Promise<Map<string, Metric>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(8_000) });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return new Map(readExposition(await response.text()).map((metric) => [metric.name, metric]));
}

const valueOf = (metric: Metric | undefined, labels: Record<string, string>): number | undefined =>
  metric?.samples.find((sample) => Object.entries(labels).every(([name, value]) => sample.labels[name] === value))
    ?.value;

describe('the metrics of a running system', () => {
  test('are all that is promised, each with samples of its type', async () => {
    await eventually(
      async () => {
        const metrics = await scrape();
        const types = Object.fromEntries(Object.keys(PROMISED).map((name) => [name, metrics.get(name)?.type]));
        expect(types).toEqual(PROMISED);
        const empty = Object.keys(PROMISED).filter((name) => metrics.get(name)?.samples.length === 0);
        expect(empty).toEqual([]);
      },
      { timeoutMs: 15_000, everyMs: 200 },
    );
  });

  test('keep the rules of names: units, totals, one help a name, no label that Prometheus sets itself', async () => {
    const own = [...(await scrape()).values()].filter(({ name }) => name.startsWith('belfry_'));
    expect(own.map(({ name }) => name).sort()).toEqual(Object.keys(PROMISED).sort());
    for (const { name, type, help, samples } of own) {
      expect(name).toMatch(/^belfry_[a-z]+(?:_[a-z]+)*$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(/_(?:ms|milliseconds|minutes|kb)(?:_|$)/.test(name), name).toBe(false);
      expect(name.includes('timestamp') ? name.endsWith('_timestamp_seconds') : true, name).toBe(true);
      expect(type === 'histogram' ? name.endsWith('_seconds') : true, name).toBe(true);
      expect(help, name).toMatch(/^[A-Z0-9].*\.$/);
      const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
      expect(
        [...labels].filter((label) => ['job', 'instance', 'namespace', 'pod'].includes(label)),
        name,
      ).toEqual([]);
      expect(
        samples.every(({ value }) => !Number.isNaN(value)),
        name,
      ).toBe(true);
    }
  });

  test('are clean by promtool, which knows the rules of Prometheus', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync(promtool(), ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect({ status, said: `${stdout}${stderr}` }).toEqual({ status: 0, said: '' });
  });

  test('come in OpenMetrics for whoever asks for it, with the end that it wants', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const response = await fetch(`${url}/metrics`, { headers: { accept } });
    expect(response.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const text = await response.text();
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE belfry_runs counter\n');
    expect(text).toMatch(/^belfry_runs_total\{job_name="retries",outcome="dead"\} 1$/m);
    expect(text.split('\n').filter((line) => line === '')).toHaveLength(1);
  });

  test('tell what is running, what is held back by a limit, and that Redis knows the jobs as they are', async () => {
    await eventually(async () => {
      const metrics = await scrape();
      const now = Date.now() / 1_000;
      const running = valueOf(metrics.get('belfry_job_oldest_running_start_timestamp_seconds'), { job_name: 'waits' });
      expect(running).toBeGreaterThan(now - 60);
      expect(running).toBeLessThan(now + 1);
      expect(valueOf(metrics.get('belfry_limited_lanes'), { limit: 'partner' })).toBe(1);
      expect(valueOf(metrics.get('belfry_limited_oldest_timestamp_seconds'), { limit: 'partner' })).toBeCloseTo(
        now,
        -2,
      );
      expect(valueOf(metrics.get('belfry_registration_drift_jobs'), { kind: 'changed' })).toBe(0);
      expect(valueOf(metrics.get('belfry_registration_drift_jobs'), { kind: 'removed' })).toBe(0);
    });
    const metrics = await scrape();
    expect(valueOf(metrics.get('belfry_job_interval_seconds'), { job_name: 'hourly' })).toBe(3_600);
    expect(valueOf(metrics.get('belfry_job_success_objective_ratio'), { job_name: 'promises' })).toBe(0.99);
    expect(valueOf(metrics.get('belfry_job_duration_threshold_seconds'), { job_name: 'hourly' })).toBe(600);
    expect(valueOf(metrics.get('belfry_worker_state'), { pool: 'default', state: 'running' })).toBe(1);
    expect(valueOf(metrics.get('belfry_redis_durable'), { node: '0' })).toBe(1);
    expect(valueOf(metrics.get('belfry_redis_memory_limit_bytes'), { node: '0' })).toBeGreaterThan(1e6);
    expect(valueOf(metrics.get('belfry_scheduler_abstains'), {})).toBe(0);
    expect(valueOf(metrics.get('belfry_scheduler_lag_seconds'), { shard: '0' })).toBeLessThan(5);
    // There from the beginning, so that the first one is an increase.
    expect(valueOf(metrics.get('belfry_missed_runs_total'), { job_name: 'hourly', reason: 'deadline' })).toBe(0);
    expect(valueOf(metrics.get('belfry_runs_total'), { job_name: 'hourly', outcome: 'dead' })).toBe(0);
  });

  test('tell of a job that fires and starts that it is not late, and of one that waits for a worker how late it is', async () => {
    const lag = await eventually(
      async () => {
        const metrics = await scrape();
        const found = metrics.get('belfry_job_lag_seconds');
        const threshold = metrics.get('belfry_job_lag_threshold_seconds');
        expect(valueOf(found, { job_name: 'stuck' })).toBeGreaterThan(
          valueOf(threshold, { job_name: 'stuck' }) ?? Infinity,
        );
        return found;
      },
      { timeoutMs: 15_000, everyMs: 200 },
    );
    expect(valueOf(lag, { job_name: 'often' })).toBeLessThan(1);
    expect(valueOf(lag, { job_name: 'hourly' })).toBe(0);
    expect(valueOf(lag, { job_name: 'echo' })).toBeUndefined();
    const metrics = await scrape();
    expect(valueOf(metrics.get('belfry_queue_depth'), { queue: 'elsewhere', state: 'ready' })).toBe(1);
  });

  test('tell of each job when it fires next and what it did last', async () => {
    const metrics = await scrape();
    const now = Date.now() / 1_000;
    const next = valueOf(metrics.get('belfry_job_next_run_timestamp_seconds'), { job_name: 'hourly' }) ?? 0;
    expect(next - now).toBeGreaterThan(0);
    expect(next - now).toBeLessThanOrEqual(3_600);
    expect(valueOf(metrics.get('belfry_job_consecutive_failures'), { job_name: 'fails' })).toBe(1);
    expect(valueOf(metrics.get('belfry_job_last_failure_timestamp_seconds'), { job_name: 'fails' })).toBeCloseTo(
      now,
      -2,
    );
    // A job that has not succeeded yet counts from its registration, so that "no success for a day" can be an alert.
    expect(valueOf(metrics.get('belfry_job_last_success_timestamp_seconds'), { job_name: 'fails' })).toBeCloseTo(
      now,
      -2,
    );
    expect(
      valueOf(metrics.get('belfry_job_info'), {
        job_name: 'hourly',
        schedule: 'At 30 minutes past the hour, Europe/Berlin time',
        timezone: 'Europe/Berlin',
      }),
    ).toBe(1);
    expect(valueOf(metrics.get('belfry_dead_letters'), {})).toBe(2);
    expect(valueOf(metrics.get('belfry_retries_total'), { job_name: 'retries' })).toBe(1);
    expect(valueOf(metrics.get('belfry_scheduler_leader'), { shard: '0' })).toBe(1);
    expect(valueOf(metrics.get('belfry_workers'), { pool: 'default' })).toBe(1);
  });

  test('are served while Redis is frozen, without the numbers that are in it', async () => {
    fleet.redis.freeze();
    // The last reading is shown for a second; after that there is nothing to show.
    const metrics = await eventually(
      async () => {
        const found = await scrape();
        expect(found.get('belfry_job_lag_seconds')?.samples).toEqual([]);
        return found;
      },
      { everyMs: 200 },
    );
    fleet.redis.thaw();
    expect(valueOf(metrics.get('belfry_redis_up'), {})).toBe(0);
    expect(metrics.get('belfry_dead_letters')?.samples).toEqual([]);
    expect(metrics.get('process_cpu_seconds_total')?.samples).toHaveLength(1);
    await eventually(async () => expect(valueOf((await scrape()).get('belfry_redis_up'), {})).toBe(1), {
      timeoutMs: 10_000,
    });
  });
});
