import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { duration } from '../../src/config/reading.ts';
import { CHART, renderRefusal } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { mergeValues, nested } from '../support/chart/value_rows.ts';

/** What must not be left empty, below each path: templates look into it. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '': [
    'commonLabels',
    'image',
    'config',
    'apiToken',
    'payloadKeys',
    'signingKeys',
    'externalRedis',
    'valkey',
    'serviceAccount',
    'rbac',
    'dataVolume',
    'tmpVolume',
    'probes',
    'scheduler',
    'api',
    'workers',
    'apply',
    'tracing',
    'metrics',
    'tests',
  ],
  externalRedis: ['tls', 'sentinel', 'cluster', 'redlock'],
  'externalRedis.tls': ['enabled'],
  'externalRedis.redlock': ['urls'],
  valkey: ['image', 'auth', 'persistence', 'podAnnotations', 'podLabels'],
  'valkey.auth': ['password'],
  probes: ['startup', 'liveness', 'readiness'],
  scheduler: ['updateStrategy', 'pdb'],
  api: ['updateStrategy', 'pdb', 'service', 'ingress', 'httpRoute'],
  workers: ['defaults'],
  'workers.defaults': ['updateStrategy', 'pdb', 'autoscaling'],
  'workers.defaults.autoscaling': ['hpa', 'keda'],
  'workers.defaults.autoscaling.keda': ['backlog', 'prometheus', 'triggers'],
  apply: ['gate', 'annotations'],
  'apply.gate': ['annotations'],
  metrics: ['serviceMonitor', 'podMonitor', 'prometheusRule'],
  'metrics.prometheusRule': ['disabled', 'overrides', 'alertLabels', 'runbookBaseUrl', 'grafanaUrl'],
  'metrics.grafanaAlerts': ['datasourceUid'],
  networkPolicy: ['metricsFrom', 'egress'],
};

const keysOf = (path: string): string[] => (path === '' ? [] : path.split('.'));

describe('what is left empty and must not be is named', () => {
  test.each([0, 1, 2, 3])('below %i others', async (depth) => {
    const places = Object.entries(NEEDED).filter(([path]) => keysOf(path).length === depth);
    let values: Values = {};
    for (const [path, keys] of places) {
      for (const key of keys) values = mergeValues(values, nested([...keysOf(path), key], null));
    }
    const said = await renderRefusal(values);
    expect(said).toContain("values don't meet the specifications of the schema(s)");
    for (const [path, keys] of places) {
      const place = keysOf(path).map((key) => `/${key}`);
      const [, missing = ''] = new RegExp(`at '${place.join('')}': missing propert(?:y|ies) (.*)`).exec(said) ?? [];
      expect(missing.split(', ').toSorted()).toEqual(keys.map((key) => `'${key}'`).toSorted());
    }
  });
});

type Schema = { properties: { config: { properties: Record<string, { pattern?: string }> } } };

const LEASES = [
  '0s, 1s, 0.5s, 1.5s, 9 secs, 59s, 60s, 60.5s, 61s, 100s, 599s, 600s, 601s, 1m, 2m, 1m 30s, 10m, 10m 1s, 11m, 1h',
  '999ms, 1000ms, 60000ms, 60001ms, 600000ms, 600001ms, 1s 500ms, PT0S, PT1S, PT60S, PT61S, PT1M, PT1M30S, PT10M, PT11M',
].flatMap((line) => line.split(', '));

test.each([
  ['leaderTtl', '60s'],
  ['runLease', '10m'],
])('config.%s is taken by the schema when Belfry takes it', (key, most) => {
  const { properties } = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
  const pattern = new RegExp(properties.config.properties[key]?.pattern ?? '', 'u');
  const read = duration('1s', most);
  expect(LEASES.filter((value) => pattern.test(value))).toEqual(
    LEASES.filter((value) => isTaken(() => read({ value, place: key }))),
  );
  expect(pattern.test('')).toBe(true);
});

function isTaken(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
