import { expect } from 'vitest';
import type { Group } from '../../support/chart/value_rows.ts';
import { BELFRY, POD, SCHEDULER, SCHEDULER_BELFRY, base64, secretOf, variable } from './places.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;
const KEYS = `k1:${base64('0123456789abcdef0123456789abcdef')}`;
const TOKEN = 'a-token-of-32-characters-or-more';

/** Names, image, settings and secrets. */
export const SETTINGS_ROWS: readonly Group[] = [
  {
    name: 'nameOverride',
    rows: [['nameOverride', 'bell', 'Deployment/=bt-bell-scheduler metadata.labels[app.kubernetes.io/name]']],
  },
  {
    name: 'fullnameOverride',
    rows: [['fullnameOverride', 'ring', 'Deployment/=ring-worker-default metadata.name', 'ring-worker-default']],
  },
  {
    name: 'names and image',
    rows: [
      ['namespaceOverride', 'elsewhere', 'Service/api metadata.namespace'],
      ['commonLabels', { team: 'bells' }, 'PodDisruptionBudget/api metadata.labels.team', 'bells'],
      [
        'extraObjects',
        [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'bt-belfry-mine' },
            data: { of: '{{ .Release.Name }}' },
          },
        ],
        'ConfigMap/mine data.of',
        'bt',
      ],
      [
        'image.registry',
        'registry.example.com',
        `${SCHEDULER_BELFRY}.image`,
        expect.stringMatching(/^registry\.example\.com\//),
      ],
      ['image.repository', 'ours/belfry', `${SCHEDULER_BELFRY}.image`, expect.stringContaining('/ours/belfry:')],
      ['image.tag', '9.8.7', `${SCHEDULER_BELFRY}.image`, expect.stringMatching(/:9\.8\.7$/)],
      ['image.pullPolicy', 'Always', `${SCHEDULER_BELFRY}.imagePullPolicy`],
      [
        'imagePullSecrets',
        ['one', { name: 'two' }],
        `${SCHEDULER}.imagePullSecrets`,
        [{ name: 'one' }, { name: 'two' }],
      ],
    ],
  },
  {
    name: 'image.digest, which wins over a tag',
    base: { image: { tag: '9.8.7' } },
    rows: [['image.digest', DIGEST, `${SCHEDULER_BELFRY}.image`, `ghcr.io/belfry-dev/belfry@${DIGEST}`]],
  },
  {
    name: 'config',
    base: { signingKeys: { value: KEYS } },
    rows: [
      ['config.namespace', 'second', variable('BELFRY_NAMESPACE')],
      ['config.shards', 4, variable('BELFRY_SHARDS'), '4'],
      ['config.host', '::', variable('BELFRY_HOST')],
      ['config.port', 7000, variable('BELFRY_PORT'), '7000'],
      ['config.jobs', '/opt/jobs', variable('BELFRY_JOBS')],
      ['config.deployment', 'blue', variable('BELFRY_DEPLOYMENT')],
      ['config.leaderTtl', '7s', variable('BELFRY_LEADER_TTL')],
      ['config.runLease', '9s', variable('BELFRY_RUN_LEASE')],
      ['config.log', 'debug', variable('BELFRY_LOG')],
      ['config.logFormat', 'pretty', variable('BELFRY_LOG_FORMAT')],
      ['config.runLogs', 'both', variable('BELFRY_RUN_LOGS')],
      ['config.runLogMax', '2MiB', variable('BELFRY_RUN_LOG_MAX')],
      ['config.historyCount', 12, variable('BELFRY_HISTORY_COUNT'), '12'],
      ['config.historyAge', '3d', variable('BELFRY_HISTORY_AGE')],
      ['config.historyBytes', '8MiB', variable('BELFRY_HISTORY_BYTES')],
      ['config.ledgerCount', 1_000_000, variable('BELFRY_LEDGER_COUNT'), '1000000'],
      ['config.catchUpRate', 60, variable('BELFRY_CATCH_UP_RATE'), '60'],
      ['config.payloadMax', '128KiB', variable('BELFRY_PAYLOAD_MAX')],
      ['config.resultMax', '129KiB', variable('BELFRY_RESULT_MAX')],
      ['config.startStagger', '20s', variable('BELFRY_START_STAGGER')],
      ['config.metricsMaxSeries', 500, variable('BELFRY_METRICS_MAX_SERIES'), '500'],
      ['config.requireSigned', true, variable('BELFRY_REQUIRE_SIGNED'), expect.stringMatching(/^(?:true|yes)$/)],
    ],
  },
  {
    name: 'the port, in every place that names it',
    rows: [['config.port', 7000, `Deployment/worker-default ${BELFRY}.ports[http].containerPort`]],
  },
  {
    name: 'secrets in plain text',
    rows: [
      ['apiToken.value', TOKEN, 'Secret/secrets data[api-token]', base64(TOKEN)],
      ['payloadKeys.value', KEYS, 'Secret/secrets data[payload-keys]', base64(KEYS)],
      ['signingKeys.value', KEYS, 'Secret/secrets data[signing-keys]', base64(KEYS)],
    ],
  },
  {
    name: 'secrets that exist',
    rows: [
      ['apiToken.existingSecret', 'mine-1', `${secretOf('BELFRY_API_TOKEN', 'Deployment/api')}.name`],
      ['apiToken.existingSecretKey', 'key-1', `${secretOf('BELFRY_API_TOKEN', 'Deployment/api')}.key`],
      ['payloadKeys.existingSecret', 'mine-2', `${secretOf('BELFRY_PAYLOAD_KEYS')}.name`],
      ['payloadKeys.existingSecretKey', 'key-2', `${secretOf('BELFRY_PAYLOAD_KEYS')}.key`],
      ['signingKeys.existingSecret', 'mine-3', `${secretOf('BELFRY_SIGNING_KEYS')}.name`],
      ['signingKeys.existingSecretKey', 'key-3', `${secretOf('BELFRY_SIGNING_KEYS')}.key`],
    ],
  },
  {
    name: 'the service account',
    rows: [
      ['serviceAccount.name', 'ringer', `${SCHEDULER}.serviceAccountName`],
      ['serviceAccount.annotations', { role: 'arn' }, 'ServiceAccount/=ringer metadata.annotations.role', 'arn'],
      ['rbac.containerJobs', true, 'Role/container-jobs', 'there'],
    ],
  },
  {
    name: 'no service account of our own',
    rows: [['serviceAccount.create', false, `Deployment/api ${POD}.serviceAccountName`, 'default']],
  },
  {
    name: 'tracing',
    base: { tracing: { endpoint: 'http://otel:4318' } },
    rows: [['tracing.enabled', true, variable('OTEL_SERVICE_NAME'), 'belfry-scheduler']],
  },
  {
    name: 'where traces go',
    base: { tracing: { enabled: true, endpoint: 'http://otel:4318' } },
    rows: [
      ['tracing.endpoint', 'http://other:4317', variable('OTEL_EXPORTER_OTLP_ENDPOINT')],
      ['tracing.protocol', 'grpc', variable('OTEL_EXPORTER_OTLP_PROTOCOL')],
      ['tracing.sampler', 'traceidratio', variable('OTEL_TRACES_SAMPLER')],
      ['tracing.samplerArg', '0.25', variable('OTEL_TRACES_SAMPLER_ARG')],
      ['tracing.headersSecret', 'otel', `${secretOf('OTEL_EXPORTER_OTLP_HEADERS')}.name`],
      ['tracing.headersSecretKey', 'auth', `${secretOf('OTEL_EXPORTER_OTLP_HEADERS')}.key`],
      [
        'tracing.resourceAttributes',
        { tier: 'gold' },
        variable('OTEL_RESOURCE_ATTRIBUTES'),
        expect.stringContaining('tier=gold'),
      ],
    ],
  },
  { name: 'the pod of helm test', rows: [['tests.enabled', false, 'Pod/test', undefined]] },
];
