import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CASE_FILES, readCases } from '../support/alerts/alert_cases.ts';
import { pageOf, readRules, RULE_FILES, titleOf, type AlertRule } from '../support/alerts/rule_files.ts';
import { exportedMetrics } from '../support/exported_metrics.ts';
import { readLabels, type Catalog } from '../support/promql/labels.ts';
import { promtool } from '../support/tools.ts';

const SEVERITIES = ['critical', 'warning', 'info', 'none'];
const RUNBOOKS = 'https://github.com/belfry-dev/belfry/blob/main/docs/runbooks';
const DASHBOARDS = ['belfry-fleet', 'belfry-job', 'belfry-queues', 'belfry-workers', 'belfry-scheduler'];
/** Everything that somebody is to be told of; the chart and the dashboards go by these names. */
const ALERTS = [
  'BelfryClockSkew',
  'BelfryDeadLettersGrowing',
  'BelfryDriftFromRepo',
  'BelfryErrorBudgetBurn',
  'BelfryJobFailing',
  'BelfryJobLate',
  'BelfryJobMissedRun',
  'BelfryJobNeverSucceeded',
  'BelfryJobStuck',
  'BelfryLeaderFlapping',
  'BelfryMetricsAbsent',
  'BelfryNoLeader',
  'BelfryNoWorkers',
  'BelfryPoolSaturated',
  'BelfryQueueBacklog',
  'BelfryQueueStalled',
  'BelfryRateLimitSaturated',
  'BelfryRedisDown',
  'BelfryRedisMemory',
  'BelfryRedisNotDurable',
  'BelfryTzdataMismatch',
  'BelfryWatchdog',
];
/** Fires always, so nothing can show that it does not. */
const ALWAYS = 'BelfryWatchdog';
const LIMIT_MS = 120_000;

const { alerts, recordings } = readRules();
const cases = readCases();

/** What promtool says; throws that where it finds a mistake. */
function ask(...args: string[]): string {
  try {
    return execFileSync(promtool(), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool ${args.slice(0, 2).join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const fits = (rule: AlertRule, labels: Record<string, string>): boolean =>
  Object.entries(rule.labels).every(([name, value]) => labels[name] === value);

describe('the alert rules', () => {
  test('are what Prometheus takes for rules', () => {
    expect(ask('check', 'rules', ...RULE_FILES)).not.toContain('FAILED');
  });

  test.each(CASE_FILES.map((path) => ({ path, name: basename(path) })))(
    'do what the stories of $name tell',
    { timeout: LIMIT_MS },
    ({ path }) => {
      expect(ask('test', 'rules', path)).toContain('SUCCESS');
    },
  );

  test('are these, and no other ones', () => {
    expect([...new Set(alerts.map(({ alert }) => alert))].toSorted()).toEqual(ALERTS);
  });

  test('are told apart by their labels where several have one name', () => {
    const titles = alerts.map(titleOf);
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });

  test('each have a case in which they fire', () => {
    const silent = alerts.filter(
      (rule) => !cases.some(({ alert, fires }) => alert === rule.alert && fires.some((labels) => fits(rule, labels))),
    );
    expect(silent.map(titleOf)).toEqual([]);
  });

  test.each(ALERTS.filter((alert) => alert !== ALWAYS))('%s has a case in which it does not fire', (name) => {
    expect(cases.some(({ alert, fires }) => alert === name && fires.length === 0)).toBe(true);
  });

  test.each(ALERTS.filter((alert) => alert !== ALWAYS))('%s has a story that goes on until it is over', (name) => {
    const own = cases.filter(({ alert }) => alert === name);
    const fired = own.filter(({ fires }) => fires.length > 0);
    const resolved = own.filter(({ story, atMs, fires }) =>
      fired.some((before) => before.story === story && before.atMs < atMs && fires.length === 0),
    );
    expect(resolved).not.toEqual([]);
  });

  test.each(alerts.map((rule) => ({ title: titleOf(rule), ...rule })))('$title says what one needs', (rule) => {
    const { alert, labels, annotations } = rule;
    expect(SEVERITIES).toContain(labels['severity']);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url', 'dashboard_url']);
    expect(annotations['summary']).toMatch(/^.{10,90}[^.]$/);
    expect(annotations['description']).toMatch(/\.|: belfry |: redis-cli /);
    expect(annotations['runbook_url']).toBe(`${RUNBOOKS}/${pageOf(alert)}.md`);
    expect(DASHBOARDS).toContain(
      /^\/d\/([\w-]+)(?:\?var-(job_name|queue|pool)=\{\{ \$labels\.\2 \}\})?$/.exec(
        annotations['dashboard_url'] ?? '',
      )?.[1],
    );
  });
});

/** What is exported, and what the rules record of it. */
async function readCatalog(): Promise<Catalog> {
  const exported = await exportedMetrics();
  const recorded = new Map<string, ReadonlySet<string>>();
  const catalog: Catalog = (name) => recorded.get(name) ?? exported(name);
  for (const { record, expr } of recordings) recorded.set(record, readLabels(expr, catalog).labels);
  return catalog;
}

describe('the expressions of the rules', () => {
  test('ask for metrics and labels that there are, and match on labels that both sides have', async () => {
    const catalog = await readCatalog();
    expect([...alerts, ...recordings].flatMap(({ expr }) => readLabels(expr, catalog).faults)).toEqual([]);
  });

  test('answer the labels that the texts fill in', async () => {
    const catalog = await readCatalog();
    for (const rule of alerts) {
      const answered = readLabels(rule.expr, catalog).labels;
      const named = [
        ...Object.values(rule.annotations)
          .join(' ')
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, name = '']) => name);
      expect(
        named.filter((name) => !answered.has(name) && !(name in rule.labels)),
        titleOf(rule),
      ).toEqual([]);
    }
  });

  test('read each series that is recorded', () => {
    const all = [...alerts, ...recordings].map(({ expr }) => expr).join('\n');
    expect(recordings.map(({ record }) => record).filter((name) => !all.includes(name))).toEqual([]);
  });

  test('name recorded series by level, metric and operation', () => {
    for (const { record } of recordings) expect(record).toMatch(/^[a-z_]+:belfry_[a-z_]+:[a-z]+\d*[mhd]?$/);
  });

  test('keep systems apart that Prometheus tells apart', () => {
    for (const { expr } of [...alerts, ...recordings]) {
      const groupings = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].map(([, labels = '']) => labels);
      expect(groupings.filter((labels) => !labels.startsWith('cluster, namespace'))).toEqual([]);
    }
  });
});
