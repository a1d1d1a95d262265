import { expect } from 'vitest';
import type { Group, Row } from '../../support/chart/value_rows.ts';
import { BELFRY } from './places.ts';

const peer = { namespaceSelector: { matchLabels: { team: 'watch' } } };
const rule = 'PrometheusRule/rules';
const rules = { metrics: { prometheusRule: { enabled: true } } };

/** The objects of a monitor, both kinds of which have the same values. */
function monitorGroups(kind: string, values: string, place: string, endpoints: string): readonly Group[] {
  const path = `metrics.${values}`;
  const rows: readonly Row[] = [
    [`${path}.namespace`, 'monitoring', `${place} metadata.namespace`],
    [`${path}.interval`, '77s', `${place} spec.${endpoints}[0].interval`],
    [`${path}.scrapeTimeout`, '7s', `${place} spec.${endpoints}[0].scrapeTimeout`],
    [`${path}.additionalLabels`, { release: 'prom' }, `${place} metadata.labels.release`, 'prom'],
    [`${path}.relabelings`, [{ targetLabel: 'a', replacement: 'b' }], `${place} spec.${endpoints}[0].relabelings`],
    [
      `${path}.metricRelabelings`,
      [{ action: 'drop', sourceLabels: ['le'], regex: 'x' }],
      `${place} spec.${endpoints}[0].metricRelabelings`,
    ],
  ];
  return [
    { name: `a ${kind}`, rows: [[`${path}.enabled`, true, place, 'there']] },
    { name: `what the ${kind} is like`, base: { metrics: { [values]: { enabled: true } } }, rows },
  ];
}

/** A ConfigMap for a sidecar of Grafana. */
function sidecarGroups(values: string, place: string, label: string): readonly Group[] {
  const path = `metrics.${values}`;
  return [
    { name: `ConfigMaps of ${values}`, rows: [[`${path}.enabled`, true, place, 'there']] },
    {
      name: `what the ConfigMaps of ${values} are like`,
      base: { metrics: { [values]: { enabled: true } } },
      rows: [
        [`${path}.namespace`, 'grafana', `${place} metadata.namespace`],
        [`${path}.labels.${label}`, '2', `${place} metadata.labels.${label}`],
      ],
    },
  ];
}

const RULE_ROWS: readonly Group[] = [
  { name: 'alert rules', rows: [['metrics.prometheusRule.enabled', true, rule, 'there']] },
  {
    name: 'what the alert rules are like',
    base: rules,
    rows: [
      ['metrics.prometheusRule.namespace', 'monitoring', `${rule} metadata.namespace`],
      ['metrics.prometheusRule.additionalLabels', { release: 'prom' }, `${rule} metadata.labels.release`, 'prom'],
      ['metrics.prometheusRule.annotations', { a: 'b' }, `${rule} metadata.annotations.a`, 'b'],
      ['metrics.prometheusRule.disabled', ['BelfryJobLate'], `${rule} alerts[BelfryJobLate]`, undefined],
      [
        'metrics.prometheusRule.overrides',
        { BelfryNoLeader: { for: '77m', labels: { severity: 'info' } } },
        `${rule} alerts[BelfryNoLeader]`,
        expect.objectContaining({
          for: '77m',
          labels: expect.objectContaining({ severity: 'info', team: 'bells' }) as unknown,
        }),
      ],
      ['metrics.prometheusRule.alertLabels', { team: 'bells' }, `${rule} alerts[BelfryRedisDown].labels.team`, 'bells'],
      [
        'metrics.prometheusRule.extraRules',
        [{ name: 'mine', rules: [{ alert: 'Mine', expr: 'vector(1)' }] }],
        `${rule} spec.groups[mine].rules[0].alert`,
        'Mine',
      ],
      [
        'metrics.prometheusRule.runbookBaseUrl',
        'https://wiki.example.com/belfry/',
        `${rule} alerts[BelfryNoLeader].annotations.runbook_url`,
        'https://wiki.example.com/belfry/no-leader.md',
      ],
      [
        'metrics.prometheusRule.grafanaUrl',
        'https://grafana.example.com/',
        `${rule} alerts[BelfryNoLeader].annotations.dashboard_url`,
        expect.stringMatching(/^https:\/\/grafana\.example\.com\/d\/belfry-/),
      ],
    ],
  },
];

/** Hooks, metrics and who may reach whom. */
export const PLATFORM_ROWS: readonly Group[] = [
  {
    name: 'the hooks',
    rows: [
      ['apply.annotations', { a: 'b' }, 'Job/apply metadata.annotations.a', 'b'],
      ['apply.backoffLimit', 7, 'Job/apply spec.backoffLimit'],
      ['apply.gate.annotations', { c: 'd' }, 'Job/gate metadata.annotations.c', 'd'],
      ['apply.gate.backoffLimit', 5, 'Job/gate spec.backoffLimit'],
      ['apply.activeDeadlineSeconds', 77, 'Job/apply spec.activeDeadlineSeconds'],
      ['apply.ttlSecondsAfterFinished', 99, 'Job/apply spec.ttlSecondsAfterFinished'],
      ['apply.resources.requests.cpu', '7m', `Job/apply ${BELFRY}.resources.requests.cpu`],
      ['apply.resources.requests.memory', '8Mi', `Job/apply ${BELFRY}.resources.requests.memory`],
      ['apply.resources.limits.memory', '900Mi', `Job/apply ${BELFRY}.resources.limits.memory`],
    ],
  },
  { name: 'no apply', rows: [['apply.enabled', false, 'Job/apply', undefined]] },
  { name: 'no gate', rows: [['apply.gate.enabled', false, 'Job/gate', undefined]] },
  {
    name: 'annotations for Prometheus',
    rows: [
      [
        'metrics.scrapeAnnotations',
        true,
        'Deployment/scheduler spec.template.metadata.annotations[prometheus.io/port]',
        '7466',
      ],
    ],
  },
  ...monitorGroups('ServiceMonitor', 'serviceMonitor', 'ServiceMonitor/api', 'endpoints'),
  ...monitorGroups('PodMonitor', 'podMonitor', 'PodMonitor/pods', 'podMetricsEndpoints'),
  ...RULE_ROWS,
  {
    name: 'where dashboards and alerts for Grafana find things',
    base: { metrics: { dashboards: { enabled: true }, grafanaAlerts: { enabled: true } } },
    rows: [
      [
        'metrics.dashboards.belfryUrl',
        'https://belfry.example.com',
        'ConfigMap/dashboard-fleet data[belfry-fleet.json]',
        expect.stringContaining('https://belfry.example.com'),
      ],
      [
        'metrics.grafanaAlerts.datasourceUid',
        'mine',
        'ConfigMap/grafana-alerts data[belfry.yaml]',
        expect.stringMatching(/datasourceUid: mine$/m),
      ],
    ],
  },
  ...sidecarGroups('dashboards', 'ConfigMap/dashboard-fleet', 'grafana_dashboard'),
  ...sidecarGroups('grafanaAlerts', 'ConfigMap/grafana-alerts', 'grafana_alert'),
  {
    name: 'annotations of what Grafana reads',
    base: { metrics: { dashboards: { enabled: true }, grafanaAlerts: { enabled: true } } },
    rows: [
      [
        'metrics.dashboards.annotations.grafana_folder',
        'Ours',
        'ConfigMap/dashboard-job metadata.annotations.grafana_folder',
      ],
      ['metrics.grafanaAlerts.annotations', { a: 'b' }, 'ConfigMap/grafana-alerts metadata.annotations.a', 'b'],
    ],
  },
  { name: 'network policies', rows: [['networkPolicy.enabled', true, 'NetworkPolicy/pods', 'there']] },
  {
    name: 'what the network policies let through',
    base: { networkPolicy: { enabled: true, egress: { enabled: true } } },
    rows: [
      ['networkPolicy.metricsFrom', [peer], 'NetworkPolicy/pods spec.ingress[0].from', [peer]],
      ['networkPolicy.apiFrom', [peer], 'NetworkPolicy/api spec.ingress[0].from[0]', peer],
      ['networkPolicy.extraIngress', [{ from: [peer] }], 'NetworkPolicy/extra spec.ingress[0]', { from: [peer] }],
      ['networkPolicy.egress.redisPorts', [7000], 'NetworkPolicy/extra spec.egress[1].ports', [{ port: 7000 }]],
      ['networkPolicy.egress.extra', [{ to: [peer] }], 'NetworkPolicy/extra spec.egress[3]', { to: [peer] }],
    ],
  },
  {
    name: 'policies for egress',
    base: { networkPolicy: { enabled: true } },
    rows: [['networkPolicy.egress.enabled', true, 'NetworkPolicy/extra spec.policyTypes[1]', 'Egress']],
  },
];
