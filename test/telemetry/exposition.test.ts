import { beforeAll, describe, expect, test } from 'vitest';
import { jobFile } from '../support/belfry_process.ts';
import { ask } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { readExposition, type Metric } from '../support/exposition.ts';
import { JOBS, startFleet, type TestFleet } from '../support/fleet.ts';

/** What the design promises, with the type of each. */
const PROMISED: Readonly<Record<string, string>> = {
  belfry_job_lag_seconds: 'gauge',
  belfry_job_lag_threshold_seconds: 'gauge',
  belfry_job_next_run_timestamp_seconds: 'gauge',
  belfry_job_last_start_timestamp_seconds: 'gauge',
  belfry_job_last_success_timestamp_seconds: 'gauge',
  belfry_job_last_failure_timestamp_seconds: 'gauge',
  belfry_job_consecutive_failures: 'gauge',
  belfry_job_paused: 'gauge',
  belfry_job_info: 'gauge',
  belfry_schedule_delay_seconds: 'histogram',
  belfry_queue_wait_seconds: 'histogram',
  belfry_run_duration_seconds: 'histogram',
  belfry_runs_total: 'counter',
  belfry_missed_runs_total: 'counter',
  belfry_verdicts_total: 'counter',
  belfry_retries_total: 'counter',
  belfry_refused_runs_total: 'counter',
  belfry_fenced_writes_total: 'counter',
  belfry_leader_changes_total: 'counter',
  belfry_scheduler_leader: 'gauge',
  belfry_queue_depth: 'gauge',
  belfry_queue_oldest_ready_timestamp_seconds: 'gauge',
  belfry_dead_letters: 'gauge',
  belfry_workers: 'gauge',
  belfry_worker_slots: 'gauge',
  belfry_tick_duration_seconds: 'histogram',
  belfry_redis_command_duration_seconds: 'histogram',
  belfry_clock_skew_seconds: 'gauge',
  belfry_build_info: 'gauge',
};

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
  });
  url = await fleet.belfry.url();
  await ask(['jobs', 'run', 'fails', '--wait'], fleet);
  await ask(['jobs', 'run', 'retries', '--wait'], fleet);
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
  test('are all that the design promises, each with samples of its type', async () => {
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
    expect(own.length).toBeGreaterThan(Object.keys(PROMISED).length);
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
