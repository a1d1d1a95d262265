import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { secondsOf } from '../../charts/grafana/durations.ts';
import { exportedMetrics } from '../support/exported_metrics.ts';
import { CHART_FILES, readDashboards } from '../support/grafana/dashboards.ts';
import { readLabels } from '../support/promql/labels.ts';
import { promtool } from '../support/tools.ts';

const run = promisify(execFile);
const LIMIT_MS = 60_000;
const LONGEST_S = 6 * 3_600;

type Query = { refId: string; datasourceUid: string; model: Record<string, unknown> };
type GrafanaRule = {
  uid: string;
  title: string;
  condition: string;
  data: Query[];
  for: string;
  keepFiringFor?: string;
  dashboardUid: string;
  panelId: number;
  annotations: Record<string, string>;
  labels: Record<string, string>;
};
type PrometheusRule = Pick<GrafanaRule, 'for' | 'labels'> & { alert?: string; annotations?: Record<string, string> };
type AlertCase = { eval_time: string; alertname: string; exp_alerts?: { exp_annotations?: unknown }[] };
type AlertTest = { alert_rule_test?: AlertCase[] };

const read = (path: string): unknown => parse(readFileSync(path, 'utf8')) as unknown;
const { apiVersion, groups } = read(join(CHART_FILES, 'grafana-alerts/belfry.yaml')) as {
  apiVersion: number;
  groups: { orgId: number; name: string; folder: string; interval: string; rules: GrafanaRule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const written = readdirSync(join(CHART_FILES, 'rules')).flatMap((name) =>
  (read(join(CHART_FILES, 'rules', name)) as { groups: { rules: PrometheusRule[] }[] }).groups.flatMap(
    (group) => group.rules,
  ),
);
const exprOf = ({ data }: GrafanaRule): string => String(data[0]?.model['expr']);
const nameOf = ({ title }: GrafanaRule): string => title.replace(/ \(.*\)$/, '');

const folder = mkdtempSync(join(tmpdir(), 'belfry-alerts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the alerts for Grafana', () => {
  test('are the alerts of the rule files, each once, with their labels and annotations', () => {
    const alerts = written.filter(({ alert }) => alert !== undefined);
    expect(rules.map(nameOf).toSorted()).toEqual(alerts.map(({ alert = '' }) => alert).toSorted());
    expect(rules.map(({ labels }) => JSON.stringify(labels)).toSorted()).toEqual(
      alerts.map(({ labels }) => JSON.stringify(labels)).toSorted(),
    );
    for (const { annotations } of rules) {
      expect(Object.keys(annotations)).toEqual(
        expect.arrayContaining(['summary', 'description', 'runbook_url', 'dashboard_url']),
      );
    }
  });

  test('are of the form that Grafana provisions: titles and uids once, short, in one folder', () => {
    expect(apiVersion).toBe(1);
    expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
    for (const group of groups) expect(group).toMatchObject({ orgId: 1, folder: 'Belfry' });
    for (const { interval } of groups) expect(interval).toMatch(/^\d+m$/);
    expect(new Set(rules.map(({ title }) => title)).size).toBe(rules.length);
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const { uid } of rules) expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
  });

  test('fire for whatever the expression answers, be it 0, and for nothing else', () => {
    for (const { condition, data } of rules) {
      expect(data.map(({ refId, datasourceUid }) => [refId, datasourceUid])).toEqual([
        ['A', 'prometheus'],
        ['B', '__expr__'],
        ['C', '__expr__'],
        ['D', '__expr__'],
      ]);
      expect(data.map(({ refId, model }) => model['refId'] === refId)).toEqual([true, true, true, true]);
      expect(data[0]?.model).toMatchObject({ instant: true, range: false });
      expect(data[1]?.model).toMatchObject({ type: 'reduce', expression: 'A', reducer: 'last' });
      expect(data[2]?.model).toMatchObject({
        type: 'math',
        expression: 'is_number($B) || is_nan($B) || is_inf($B)',
      });
      expect(data[3]?.model).toMatchObject({ type: 'threshold', expression: 'C' });
      expect(data[3]?.model['conditions']).toEqual([{ evaluator: { type: 'gt', params: [0] } }]);
      expect(condition).toBe('D');
    }
    expect(rules).not.toContainEqual(expect.not.objectContaining({ noDataState: 'OK', execErrState: 'Error' }));
  });

  test('ask for metrics and labels that /metrics has, and for nothing that only a recording rule knows', async () => {
    const catalog = await exportedMetrics();
    expect(rules.flatMap((rule) => readLabels(exprOf(rule), catalog).faults)).toEqual([]);
  });

  test('say their numbers in the words of Grafana, and nothing that it would take for a variable of the environment', () => {
    const texts = rules.flatMap(({ annotations }) => Object.values(annotations));
    expect(texts.filter((text) => /\$value\b|\$\{/.test(text))).toEqual([]);
    expect(texts.some((text) => text.includes('{{ $values.B.Value | humanizeDuration }}'))).toBe(true);
  });

  test('lead to the panel that explains them, on the dashboard that the rule names', () => {
    const dashboards = new Map([...readDashboards().values()].map((dashboard) => [dashboard.uid, dashboard]));
    for (const { title, dashboardUid, panelId, annotations } of rules) {
      expect(annotations['dashboard_url']?.split('?')[0], title).toBe(`/d/${dashboardUid}`);
      expect(annotations).toMatchObject({ __dashboardUid__: dashboardUid, __panelId__: String(panelId) });
      const panel = dashboards.get(dashboardUid)?.panels.find(({ id }) => id === panelId);
      expect(panel?.type, title).toMatch(/^(?:timeseries|state-timeline|table|stat|alertlist)$/);
    }
  });

  test('look back for days only every quarter of an hour', () => {
    for (const { interval, rules: those } of groups) {
      for (const rule of those) expect(/\[\d+d\]/.test(exprOf(rule)), rule.title).toBe(interval === '15m');
    }
  });
});

type Suite = { rule_files: string[]; tests: AlertTest[] };

/**
 * Recorded averages and rates over the whole window differ by a few percent, so only who fires when is compared; and only
 * in the first six hours, for promtool reads whole windows at each of their minutes.
 */
function shortened({ tests }: Suite): AlertTest[] {
  return tests.map(({ alert_rule_test: cases = [], ...rest }) => ({
    ...rest,
    alert_rule_test: cases
      .filter(({ eval_time: at }) => secondsOf(at) <= LONGEST_S)
      .map(({ exp_alerts: alerts = [], ...one }) => ({
        ...one,
        exp_alerts: alerts.map((alert) => ({ ...alert, exp_annotations: {} })),
      })),
  }));
}

/** The rules of Grafana that a suite asks about, as Prometheus reads them, without their texts. */
function backToPrometheus({ tests }: Suite): unknown[] {
  const asked = new Set(tests.flatMap(({ alert_rule_test: cases = [] }) => cases.map(({ alertname }) => alertname)));
  return rules
    .filter((rule) => asked.has(nameOf(rule)))
    .map((rule) => ({
      alert: nameOf(rule),
      expr: exprOf(rule),
      for: rule.for,
      keep_firing_for: rule.keepFiringFor,
      labels: rule.labels,
    }));
}

describe('what a rule file records is written out so that', () => {
  const folderOfTests = fileURLToPath(new URL('../alerts', import.meta.url));
  const suites = readdirSync(folderOfTests).filter((name) => name.endsWith('.yaml'));

  test.each(suites)(
    'the tests of the rules pass with nothing recorded: %s',
    async (name) => {
      const suite = read(join(folderOfTests, name)) as Suite;
      const file = join(folder, name);
      writeFileSync(`${file}.rules`, stringify({ groups: [{ name: 'all', rules: backToPrometheus(suite) }] }));
      writeFileSync(file, stringify({ ...suite, rule_files: [`${name}.rules`], tests: shortened(suite) }));
      const { stdout } = await run(promtool(), ['test', 'rules', file]);
      expect(stdout).toContain('SUCCESS');
    },
    LIMIT_MS,
  );
});
