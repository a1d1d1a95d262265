import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { CHART, find, ofKind, renderChart } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { textAt, valueAt } from '../support/chart/address.ts';
import { promtool } from '../support/tools.ts';

type Rule = { alert?: string; expr: string; labels?: Record<string, string>; annotations?: Record<string, string> };
type Group = { name: string; rules: readonly Rule[] };

const folder = mkdtempSync(join(tmpdir(), 'belfry-chart-rules-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const RULES = join(CHART, 'files/rules');
const shipped = readdirSync(RULES)
  .filter((name) => name.endsWith('.yaml'))
  .toSorted()
  .flatMap((name) => (parse(readFileSync(join(RULES, name), 'utf8')) as { groups: readonly Group[] }).groups);

async function renderedGroups(values: Values = {}): Promise<readonly Group[]> {
  const manifests = await renderChart({ metrics: { prometheusRule: { enabled: true, ...values } } });
  return valueAt(find(manifests, 'PrometheusRule', 'bt-belfry-rules'), 'spec.groups') as readonly Group[];
}

/** What promtool says about these groups. */
function check(groups: readonly Group[]): { code: number | null; said: string } {
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, stringify({ groups }));
  const { status, stdout, stderr } = spawnSync(promtool(), ['check', 'rules', file], { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

test('the PrometheusRule holds the shipped rules, word for word', async () => {
  expect(await renderedGroups()).toEqual(shipped);
});

test.each<readonly [string, Values]>([
  ['as they are', {}],
  [
    'with everything changed that values can change',
    {
      disabled: ['BelfryWatchdog'],
      overrides: { BelfryTzdataMismatch: { for: '30m', labels: { severity: 'critical' } } },
      alertLabels: { team: 'bells' },
      extraRules: [{ name: 'mine', rules: [{ alert: 'Mine', expr: 'vector(1) > 0' }] }],
      grafanaUrl: 'https://grafana.example.com',
    },
  ],
])('promtool takes the rules %s', async (_, values) => {
  const { code, said } = check(await renderedGroups(values));
  expect(said).toMatch(/SUCCESS: \d\d rules found/);
  expect(code).toBe(0);
});

test('promtool refuses a rule that is wrong', async () => {
  const { code, said } = check(await renderedGroups({ overrides: { BelfryJobLate: { expr: 'sum by (' } } }));
  expect(said).toContain('BelfryJobLate');
  expect(code).not.toBe(0);
});

test('a group whose alerts are all disabled is gone, and the others stay', async () => {
  const [first] = shipped;
  const disabled = [...new Set((first?.rules ?? []).flatMap(({ alert }) => alert ?? []))];
  const left = await renderedGroups({ disabled });
  const alerts = left.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
  expect(alerts.filter((alert) => disabled.includes(alert))).toEqual([]);
  expect(left.length).toBeGreaterThanOrEqual(shipped.length - 1);
});

test('labels for every alert are on alerts and not on recorded series', async () => {
  for (const { rules } of await renderedGroups({ alertLabels: { team: 'bells' } })) {
    for (const { alert, labels } of rules) expect(labels?.['team']).toBe(alert === undefined ? undefined : 'bells');
  }
});

test('dashboards and alerts for Grafana are the shipped files, under the label that its sidecar looks for', async () => {
  const manifests = await renderChart({ metrics: { dashboards: { enabled: true }, grafanaAlerts: { enabled: true } } });
  const maps = ofKind(manifests, 'ConfigMap');
  const dashboards = maps.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
  const files = readdirSync(join(CHART, 'files/dashboards')).filter((name) => name.endsWith('.json'));
  expect(dashboards).toHaveLength(files.length);
  for (const name of files) {
    const map = dashboards.find((candidate) => valueAt(candidate, `data[belfry-${name}]`) !== undefined);
    expect(JSON.parse(textAt(map, `data[belfry-${name}]`))).toEqual(
      JSON.parse(readFileSync(join(CHART, 'files/dashboards', name), 'utf8')),
    );
  }
  const alerts = maps.find(({ metadata }) => metadata.labels?.['grafana_alert'] === '1');
  const written = readFileSync(join(CHART, 'files/grafana-alerts/belfry.yaml'), 'utf8');
  expect(parse(textAt(alerts, 'data[belfry.yaml]'))).toEqual(parse(written));
});

type GrafanaRule = {
  title: string;
  for: string;
  keepFiringFor?: string;
  data: readonly { model: { expr?: string } }[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

async function renderedForGrafana(values: Values): Promise<readonly GrafanaRule[]> {
  const manifests = await renderChart({ metrics: { grafanaAlerts: { enabled: true }, prometheusRule: values } });
  const map = find(manifests, 'ConfigMap', 'bt-belfry-grafana-alerts');
  const { groups } = parse(textAt(map, 'data[belfry.yaml]')) as {
    groups: readonly { rules: readonly GrafanaRule[] }[];
  };
  for (const { rules } of groups) expect(rules).not.toEqual([]);
  return groups.flatMap(({ rules }) => rules);
}

describe('alerts for Grafana', () => {
  test('follow what values say about the alerts in Prometheus', async () => {
    const rules = await renderedForGrafana({
      disabled: ['BelfryWatchdog', 'BelfryNoWorkers'],
      overrides: {
        BelfryNoLeader: {
          expr: 'vector(1)',
          for: '77m',
          keep_firing_for: '3m',
          labels: { severity: 'info' },
          annotations: { summary: '{{ $value }} of {{ $values }}' },
        },
      },
      alertLabels: { team: 'bells' },
      grafanaUrl: 'https://grafana.example.com/',
    });
    expect(rules.filter(({ title }) => /^Belfry(?:Watchdog|NoWorkers)\b/.test(title))).toEqual([]);
    const changed = rules.filter(({ title }) => title.startsWith('BelfryNoLeader'));
    expect(changed.length).toBeGreaterThan(1);
    for (const rule of changed) {
      expect(rule).toMatchObject({ for: '77m', keepFiringFor: '3m', labels: { severity: 'info', team: 'bells' } });
      expect(rule.labels['reason']).toMatch(/\w/);
      expect(rule.data[0]?.model.expr).toBe('vector(1)');
      expect(rule.annotations['summary']).toBe('{{ $values.B.Value }} of {{ $values }}');
      expect(rule.annotations['description']).toMatch(/\w/);
      expect(rule).not.toHaveProperty('keep_firing_for');
    }
    for (const { labels, annotations } of rules) {
      expect(labels['team']).toBe('bells');
      expect(annotations['dashboard_url']).toMatch(/^https:\/\/grafana\.example\.com\/d\/belfry-/);
    }
  });

  test('are those of Prometheus, whatever is disabled', async () => {
    const names = (await renderedGroups({ disabled: ['BelfryJobLate'] })).flatMap(({ rules }) =>
      rules.flatMap(({ alert }) => alert ?? []),
    );
    const titles = (await renderedForGrafana({ disabled: ['BelfryJobLate'] })).map(({ title }) =>
      title.replace(/ \(.*/, ''),
    );
    expect(titles.toSorted()).toEqual(names.toSorted());
  });
});

test('no object is larger than what etcd and an annotation of kubectl bear', async () => {
  const metrics = {
    dashboards: { enabled: true },
    grafanaAlerts: { enabled: true },
    prometheusRule: { enabled: true },
  };
  for (const manifest of await renderChart({ metrics })) {
    expect(JSON.stringify(manifest).length, manifest.metadata.name).toBeLessThan(256 * 1_024);
  }
});
