import { QueryBuilder } from '@grafana/grafana-foundation-sdk/alerting';
import type { Query } from '@grafana/grafana-foundation-sdk/alerting';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { TypeMathBuilder, TypeReduceBuilder, TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { stringify } from 'yaml';
import type { DashboardSpec } from './dashboard.ts';
import { findPanels } from './panel_numbers.ts';
import { longestWindow } from './durations.ts';
import { readRules, type AlertRule } from './rules.ts';

/** A provisioning file names its data source by uid: the one of deploy/compose/grafana, or yours with this uid. */
const PROMETHEUS = { type: 'prometheus', uid: 'prometheus' };
const EXPRESSIONS = { type: '__expr__', uid: '__expr__' };
/** An instant query looks at one moment; Grafana asks for a range all the same. */
const RANGE = { from: 600, to: 0 };
const INTERVAL = '1m';
/** What looks back for half a day or more reads millions of samples, and is told hours later than the others anyhow. */
const SLOW = { windowS: 12 * 3_600, interval: '15m' };

const HEADER = `Generated from files/rules by \`npm run dashboards\`: change the rules, not this file.
The same alerts for those who let Grafana evaluate them: put it below provisioning/alerting of Grafana, with a Prometheus
data source of the uid "prometheus". Use either this or the rules in Prometheus, or everything is told twice.`;

/**
 * Rule files of Prometheus as a provisioning file of Grafana. A rule of Prometheus fires for each series that its
 * expression answers, whatever the value: 0 for a Redis that is down. So the threshold asks whether there is a number
 * at all, which is what Grafana's own import of Prometheus rules does.
 */
export function alertProvisioning(ruleFiles: readonly string[], dashboards: readonly DashboardSpec[]): string {
  const panels = findPanels(dashboards);
  const groups = readRules(ruleFiles);
  const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const seen = new Map<string, number>();
  const provisioned = groups.flatMap(({ name, interval = INTERVAL, rules }) => {
    const written = rules.map((rule) => {
      const nth = (seen.get(rule.alert) ?? 0) + 1;
      seen.set(rule.alert, nth);
      const isOnly = names.filter((alert) => alert === rule.alert).length === 1;
      return { isSlow: isSlow(rule), rule: toGrafana(rule, isOnly ? lonely(rule) : oneOfSeveral(rule, nth), panels) };
    });
    return [
      { name, interval, rules: written.filter((one) => !one.isSlow) },
      { name: `${name}-slow`, interval: SLOW.interval, rules: written.filter((one) => one.isSlow) },
    ];
  });
  return `${HEADER.replaceAll(/^/gm, '# ')}\n${stringify({ apiVersion: 1, groups: toGroups(provisioned) }, FORMAT)}`;
}

const FORMAT = { lineWidth: 0, aliasDuplicateObjects: false } as const;

type Group = { name: string; interval: string; rules: { rule: Record<string, unknown> }[] };
const toGroups = (groups: readonly Group[]): unknown[] =>
  groups
    .filter(({ rules }) => rules.length > 0)
    .map(({ rules, ...group }) => ({ orgId: 1, folder: 'Belfry', ...group, rules: rules.map(({ rule }) => rule) }));

const isSlow = ({ expr }: AlertRule): boolean => longestWindow(expr) >= SLOW.windowS;

type Title = { title: string; uid: string };

/** Grafana's uids have at most 40 characters. */
const lonely = ({ alert }: AlertRule): Title => ({ title: alert, uid: kebab(alert) });

/** Prometheus tells rules of one name apart by their labels; Grafana wants each title once in a folder. */
const oneOfSeveral = ({ alert, labels }: AlertRule, nth: number): Title => ({
  title: `${alert} (${Object.values(labels).join(', ')})`,
  uid: nth === 1 ? kebab(alert) : `${kebab(alert)}-${String(nth)}`,
});

const kebab = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

/** `/d/belfry-job?var-…` leads to the dashboard `belfry-job`; the panel there is the one that names the alert. */
function panelOf({ alert, annotations }: AlertRule, panels: ReadonlyMap<string, number>): Shown | undefined {
  const uid = /^\/d\/([\w-]+)/.exec(annotations['dashboard_url'] ?? '')?.[1] ?? '';
  const id = panels.get(`${uid} ${alert}`);
  return id === undefined ? undefined : { uid, id };
}

type Shown = { uid: string; id: number };

function toGrafana(
  rule: AlertRule,
  { title, uid }: Title,
  panels: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const panel = panelOf(rule, panels);
  return {
    uid,
    title,
    condition: 'D',
    data: [
      query('A', PROMETHEUS, new DataqueryBuilder().datasource(PROMETHEUS).expr(rule.expr).instant()),
      query('B', EXPRESSIONS, new TypeReduceBuilder().datasource(EXPRESSIONS).expression('A').reducer('last')),
      query('C', EXPRESSIONS, new TypeMathBuilder().datasource(EXPRESSIONS).expression(IS_THERE)),
      query('D', EXPRESSIONS, isAbove(0)),
    ].map(plain),
    noDataState: 'OK',
    execErrState: 'Error',
    for: rule.for ?? '0s',
    ...(rule.keepFiringFor === undefined ? {} : { keepFiringFor: rule.keepFiringFor }),
    // As in Prometheus: a series that is gone has resolved. Grafana from 12 knows the key, an older one passes it over.
    missing_series_evals_to_resolve: 1,
    ...(panel === undefined ? {} : { dashboardUid: panel.uid, panelId: panel.id }),
    annotations: {
      ...Object.fromEntries(Object.entries(rule.annotations).map(([key, text]) => [key, inGrafanasWords(text)])),
      ...(panel === undefined ? {} : { __dashboardUid__: panel.uid, __panelId__: String(panel.id) }),
    },
    labels: rule.labels,
    isPaused: false,
  };
}

const IS_THERE = 'is_number($B) || is_nan($B) || is_inf($B)';

const isAbove = (limit: number): TypeThresholdBuilder =>
  new TypeThresholdBuilder()
    .datasource(EXPRESSIONS)
    .expression('C')
    .conditions([{ evaluator: { type: 'gt', params: [limit] } }]);

function query(
  refId: string,
  { uid }: { uid: string },
  model: Builder<Dataquery> & { refId: (id: string) => unknown },
): Query {
  model.refId(refId);
  return new QueryBuilder(refId).datasourceUid(uid).relativeTimeRange(RANGE).model(model).build();
}

/** What the SDK's classes carry beside their data is no part of the file. */
const plain = (built: Query): unknown => JSON.parse(JSON.stringify(built)) as unknown;

/**
 * In Grafana `$value` is a text of all values; the number is that of the reduced query. `${…}` would be taken for a
 * variable of the environment.
 */
function inGrafanasWords(text: string): string {
  if (text.includes('${')) throw new Error(`Grafana would read a variable of the environment in: ${text}`);
  return text.replaceAll(/\$value\b/g, '$values.B.Value');
}
