import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { HelmValues } from '../../src/core/capacity/helm_values.ts';
import type { Sizing } from '../../src/core/capacity/sizing.ts';
import { jobFile, makePlace } from '../support/belfry_process.ts';
import { fieldAt } from '../support/chart/address.ts';
import { renderChart, type Values } from '../support/chart.ts';
import { ask, askJson } from '../support/desk.ts';

const CHART_MS = 60_000;

type Answer = Sizing & { values: HelmValues; assumptions: string[]; request: Record<string, unknown> };
type Failure = { error: { code: string; message: string; hint: string; field: string } };

const of = (runs: string, ...more: string[]): string[] => ['capacity', '--runs-per-day', runs, ...more];

describe('belfry capacity', () => {
  test('answers the sizing, the values and what they rest on as JSON', async () => {
    const answer = await askJson<Answer>(of('1M', '--schedules', '700'));
    expect(answer.request).toMatchObject({ runsPerDay: 1_000_000, schedules: 700, peakFactor: 3, durationMs: 200 });
    expect(answer.cell).toMatchObject({ masters: 1, schedulers: 2, workers: 2 });
    expect(answer.cell.peakPerSecond).toBeCloseTo(34.72, 2);
    expect(answer.values.config.shards).toBe(1);
    expect(answer.assumptions.length).toBeGreaterThan(5);
  });

  test('reads k, M and G, and every flag', async () => {
    const flags = ['--peak', '2.5', '--duration', '1s', '--payload', '2KiB', '--jobs', '10k', '--limited'];
    const more = ['--history-age', '1d', '--history-count', '50', '--backlog', '1m', '--slots', '100'];
    const { request } = await askJson<Answer>(of('1.5G', ...flags, ...more, '--headroom', '40', '--wait', '20ms'));
    expect(request).toEqual({
      runsPerDay: 1_500_000_000,
      schedules: 0,
      peakFactor: 2.5,
      durationMs: 1_000,
      payloadBytes: 2_048,
      jobs: 10_000,
      limits: 'limited',
      historyAgeMs: 86_400_000,
      historyCount: 50,
      historyBytes: 16_777_216,
      backlogMs: 60_000,
      slotsPerWorker: 100,
      headroom: 0.4,
      waitMs: 20,
    });
  });

  test('shows people a table, what it rests on and the values', async () => {
    const { out, code } = await ask(of('100M'));
    expect(code).toBe(0);
    expect(out).toMatch(/^load +1,157 runs\/s +3,472 at the peak$/m);
    expect(out).toMatch(/^Redis masters +\d+ /m);
    expect(out).toContain('This holds where\n  - ');
    expect(out).toContain('\nValues of the chart\n  # 100,000,000 runs a day');
  });

  test.each([
    [['capacity', '--runs-per-day', '1B'], '--runs-per-day'],
    [of('0'), '--runs-per-day'],
    [of('1.5'), '--runs-per-day'],
    [of('1M', '--schedules', '-1'), '--schedules'],
    [of('1M', '--peak', '0.5'), '--peak'],
    [of('1M', '--payload', 'much'), '--payload'],
    [of('1M', '--payload', '1GiB'), '--payload'],
    [of('1M', '--headroom', '0'), '--headroom'],
    [of('1M', '--slots', '5'), '--slots'],
    [of('1M', '--wait', '0ms'), '--wait'],
    [of('1M', '--duration', '200'), '--duration'],
    [of('1M', '--history-age', '400d'), '--history-age'],
    [of('1M', '--values', '-'), '--values'],
  ])('refuses %j, naming the flag and what would be right', async (words, flag) => {
    const { out, code } = await ask([...words, '--json']);
    const { error } = JSON.parse(out) as Failure;
    expect(code).toBe(2);
    expect(error.field).toBe(flag);
    expect(error.message).toContain(flag);
    expect(error.hint).toMatch(/\w/);
  });

  test('says that it needs the number of runs', async () => {
    const { err, code } = await ask(['capacity']);
    expect(code).toBe(2);
    expect(err).toContain('--runs-per-day');
  });

  test('writes the values into a file, or alone on standard output', async () => {
    const place = makePlace();
    const { out: alone } = await ask(of('1G', '--values', '-'));
    const { out } = await ask(of('1G', '--values', 'values.yaml'), { place });
    expect(readFileSync(join(place.folder, 'values.yaml'), 'utf8')).toBe(alone);
    expect(out).toContain('Redis masters');
    expect(parse(alone)).toEqual((await askJson<Answer>(of('1G'))).values);
  });
});

test.each([
  [of('1M', '--values', 'no-such-folder/values.yaml'), '--values'],
  [['forecast', '--offline', '--svg', 'no-such-folder/forecast.svg'], '--svg'],
])('%j: a file that cannot be written is told as such', async (words, flag) => {
  const place = makePlace({ 'a.ts': jobFile("schedule: '0 * * * *', run: () => 1") });
  const { out, code } = await ask([...words, '--json'], { place });
  const { error } = JSON.parse(out) as Failure;
  expect({ code, field: error.field }).toEqual({ code: 2, field: flag });
  expect(error.message).toMatch(/^no-such-folder\/.* cannot be written: ENOENT/);
});

describe('the values', () => {
  test.each(['1M', '1G', '10G'])(
    'for %s runs a day are taken by the chart and say what the sizing says',
    { timeout: CHART_MS },
    async (runs) => {
      const { cell } = await askJson<Answer>(of(runs, '--schedules', '1M', '--history-age', '36h'));
      const { out } = await ask(of(runs, '--schedules', '1M', '--history-age', '36h', '--values', '-'));
      const manifests = await renderChart(parse(out) as Values);
      const at = (address: string): unknown => fieldAt(manifests, address);
      expect(at('Deployment/scheduler spec.replicas')).toBe(cell.schedulers);
      expect(at('Deployment/worker-default spec.replicas')).toBe(cell.workers);
      const text = JSON.stringify(manifests);
      expect(text).toContain(`{"name":"BELFRY_SHARDS","value":"${String(cell.masters)}"}`);
      expect(text).toContain('{"name":"BELFRY_HISTORY_AGE","value":"1d 12h"}');
      expect(text).toContain(String.raw`\"concurrency\": ${String(cell.slotsPerWorker)},`);
      expect(text).toContain(cell.masters === 1 ? 'redis://redis:6379' : 'redis+cluster://redis-0.redis:6379');
    },
  );
});
