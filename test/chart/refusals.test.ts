import { describe, expect, test } from 'vitest';
import { renderRefusal } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { mergeValues, nested } from '../support/chart/value_rows.ts';

const own: Values = { valkey: { enabled: false } };
const pool = (values: Values): Values => ({ workers: { pools: { heavy: values } } });
const scaled = (autoscaling: Values): Values => pool({ autoscaling });

/** A value that the schema must refuse: where it stands, what it is, and what the message says about it. */
const WRONG: readonly (readonly [path: string, value: unknown, words: string])[] = [
  ['worker', {}, "additional properties 'worker' not allowed"],
  ['scheduler.replica', 2, "at '/scheduler': additional properties 'replica' not allowed"],
  ['scheduler.replicas', 'two', "at '/scheduler/replicas': got string, want integer"],
  [
    'scheduler.terminationGracePeriodSeconds',
    '1m',
    "at '/scheduler/terminationGracePeriodSeconds': got string, want integer",
  ],
  ['scheduler.updateStrategy.type', 'Rolling', "value must be one of 'RollingUpdate', 'Recreate'"],
  ['image.pullPolicy', 'always', "value must be one of 'Always', 'IfNotPresent', 'Never'"],
  ['image.digest', 'latest', "at '/image/digest': 'latest' does not match pattern"],
  ['image.tag', 1.2, "at '/image/tag': got number, want string"],
  ['imagePullSecrets', 'mine', "at '/imagePullSecrets': got string, want array"],
  ['nameOverride', 'Bells', "at '/nameOverride': 'Bells' does not match pattern"],
  ['commonLabels', { a: 1 }, "at '/commonLabels/a': got number"],
  ['config.shards', 0, "at '/config/shards': minimum: got 0, want 1"],
  ['config.namespace', 'a:b', "at '/config/namespace': 'a:b' does not match pattern"],
  ['config.leaderTtl', 'soon', "at '/config/leaderTtl': 'soon' does not match pattern"],
  ['config.leaderTtl', 5_000, "at '/config/leaderTtl': got number, want string"],
  ['config.leaderTtl', '90s', "at '/config/leaderTtl': '90s' does not match pattern"],
  ['config.leaderTtl', '500ms', "at '/config/leaderTtl': '500ms' does not match pattern"],
  ['config.runLease', '11m', "at '/config/runLease': '11m' does not match pattern"],
  ['config.shards', 1_025, "at '/config/shards': maximum: got 1,025, want 1,024"],
  ['config.metricsMaxSeries', 9, "at '/config/metricsMaxSeries': minimum: got 9, want 10"],
  ['dataVolume', { emptyDir: null }, "at '/dataVolume': minProperties: got 0, want 1"],
  ['config.historyBytes', '16 megs', "at '/config/historyBytes': '16 megs' does not match pattern"],
  ['config.historyCount', 'many', "at '/config/historyCount': 'many' does not match pattern"],
  ['config.drain', '5s', "additional properties 'drain' not allowed"],
  ['config.log', 'verbose', "value must be one of 'debug', 'info', 'warn', 'error', 'silent'"],
  ['config.requireSigned', 'yes', "at '/config/requireSigned': got string, want boolean"],
  ['apiToken.value', 'short', "at '/apiToken/value': 'short' does not match pattern"],
  ['apiToken.existingSecret', 'My_Secret', "at '/apiToken/existingSecret': 'My_Secret' does not match pattern"],
  ['externalRedis.port', '6379', "at '/externalRedis/port': got string, want integer"],
  ['externalRedis.url', 'http://redis', "at '/externalRedis/url': 'http://redis' does not match pattern"],
  ['externalRedis.sentinel.nodes', 'a,b', "at '/externalRedis/sentinel/nodes': got string, want array"],
  ['valkey.maxmemory', '256 MB', "at '/valkey/maxmemory': '256 MB' does not match pattern"],
  ['valkey.persistence.size', 'big', "at '/valkey/persistence/size': 'big' does not match pattern"],
  ['probes.liveness.periodSeconds', 0, "at '/probes/liveness/periodSeconds': minimum: got 0, want 1"],
  ['probes.livenes', {}, "at '/probes': additional properties 'livenes' not allowed"],
  ['spread', 'yes', "at '/spread': value must be one of 'soft', 'hard', 'none'"],
  ['extraEnv', [{ value: 'x' }], "at '/extraEnv/0': missing property 'name'"],
  ['tolerations', {}, "at '/tolerations': got object, want array"],
  ['api.service.type', 'clusterIP', "value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'"],
  ['api.service.port', 99_999, "at '/api/service/port': maximum: got 99,999, want 65,535"],
  ['api.ingress.hosts', ['a.example.com'], "at '/api/ingress/hosts/0': got string, want object"],
  ['workers.pools', ['heavy'], "at '/workers/pools': got array, want object"],
  ['workers.pools.Heavy', {}, "invalid propertyName 'Heavy'"],
  ['workers.pools.heavy.concurency', 3, "at '/workers/pools/heavy': additional properties 'concurency' not allowed"],
  ['workers.pools.heavy.concurrency', 0, "at '/workers/pools/heavy/concurrency': minimum: got 0, want 1"],
  ['workers.pools.heavy.queues', [], "at '/workers/pools/heavy/queues': minItems: got 0, want 1"],
  ['workers.pools.heavy.queues', ['a b'], "at '/workers/pools/heavy/queues/0': 'a b' does not match pattern"],
  ['workers.pools.heavy.order', 'random', "value must be one of 'weighted', 'strict'"],
  ['workers.pools.heavy.autoscaling.type', 'vpa', "value must be one of 'none', 'hpa', 'keda'"],
  [
    'workers.pools.heavy.autoscaling.keda.idleReplicaCount',
    1,
    "at '/workers/pools/heavy/autoscaling/keda/idleReplicaCount'",
  ],
  ['workers.pools.heavy.autoscaling.keda.cron', [{ start: '0 8 * * *' }], 'missing properties'],
  ['tracing.protocol', 'udp', "value must be one of 'http/protobuf', 'http/json', 'grpc'"],
  ['metrics.serviceMonitor.interval', '30', "at '/metrics/serviceMonitor/interval': '30' does not match pattern"],
  ['metrics.prometheusRule.disabled', 'BelfryJobLate', "at '/metrics/prometheusRule/disabled': got string, want array"],
  ['networkPolicy', true, "at '/networkPolicy': got boolean, want object"],
  ['networkPolicy.egress.redisPorts', ['redis'], "at '/networkPolicy/egress/redisPorts/0': got string, want integer"],
  ['apply.backoffLimit', -1, "at '/apply/backoffLimit': minimum: got -1, want 0"],
  ['global', 'x', "at '/global': got string, want object"],
];

/** Values that contradict each other, and what the chart itself says about them. */
const CONTRADICTORY: readonly (readonly [words: string, values: Values])[] = [
  ['there is no Redis: set externalRedis.host', own],
  ['valkey.enabled and externalRedis.host are both set', { externalRedis: { host: 'a' } }],
  [
    'externalRedis is said in more than one way: url, host; keep one',
    { ...own, externalRedis: { url: 'redis://a', host: 'b' } },
  ],
  [
    'externalRedis.url holds a password, which every pod would show: leave it out and put it into a Secret',
    { ...own, externalRedis: { url: 'redis+sentinel://user:p@ss/@host,other/name/0' } },
  ],
  [
    'existingSecretUrlKey needs externalRedis.existingSecret',
    { ...own, externalRedis: { existingSecretUrlKey: 'url' } },
  ],
  ['sentinel.enabled needs externalRedis.sentinel.nodes', { ...own, externalRedis: { sentinel: { enabled: true } } }],
  ['cluster.enabled needs externalRedis.cluster.nodes', { ...own, externalRedis: { cluster: { enabled: true } } }],
  [
    'a cluster has database 0 only',
    { ...own, externalRedis: { database: 1, cluster: { enabled: true, nodes: ['a:1'] } } },
  ],
  ['externalRedis.tls names certificates', { ...own, externalRedis: { host: 'a', tls: { caSecret: 'ca' } } }],
  ['does not begin with rediss', { ...own, externalRedis: { url: 'redis://a', tls: { enabled: true } } }],
  [
    'externalRedis.password and externalRedis.existingSecret are both set',
    { ...own, externalRedis: { host: 'a', password: 'b', existingSecret: 'c' } },
  ],
  ['so name an even one', { externalRedis: { redlock: { urls: ['redis://a'] } } }],
  [
    'externalRedis.redlock.urls and externalRedis.redlock.existingSecret are both set',
    { externalRedis: { redlock: { urls: ['redis://a', 'redis://b'], existingSecret: 'c' } } },
  ],
  [
    'valkey.auth.password and valkey.auth.existingSecret are both set',
    { valkey: { auth: { password: 'a', existingSecret: 'b' } } },
  ],
  [
    'apiToken.value and apiToken.existingSecret are both set',
    { apiToken: { value: 'a-token-of-32-characters', existingSecret: 'b' } },
  ],
  ['config.requireSigned needs signingKeys', { config: { requireSigned: true } }],
  ['the scheduler is never autoscaled', { scheduler: { autoscaling: { type: 'hpa' } } }],
  ['then nothing fires; to run none set scheduler.enabled to false', { scheduler: { replicas: 0 } }],
  [
    'api.ingress.enabled is true, and api.enabled is false',
    { api: { enabled: false, ingress: { enabled: true, hosts: [{ host: 'a' }] } } },
  ],
  ['api.ingress.enabled needs api.ingress.hosts', { api: { ingress: { enabled: true } } }],
  ['api.httpRoute.enabled needs api.httpRoute.parentRefs', { api: { httpRoute: { enabled: true } } }],
  [
    'metrics.serviceMonitor is for the API, and api.enabled is false',
    { api: { enabled: false }, metrics: { serviceMonitor: { enabled: true } } },
  ],
  [
    'externalRedis.database is set beside a whole URL',
    { ...own, externalRedis: { url: 'redis://redis:6379', database: 3 } },
  ],
  [
    'api.preStopSleepSeconds is 40 and terminationGracePeriodSeconds 30',
    { api: { preStopSleepSeconds: 40, terminationGracePeriodSeconds: 30 } },
  ],
  [
    'workers.pools.heavy.preStopSleepSeconds is 20 and terminationGracePeriodSeconds 20',
    pool({ preStopSleepSeconds: 20, terminationGracePeriodSeconds: 20 }),
  ],
  [
    'scheduler.updateStrategy.rollingUpdate: maxSurge and maxUnavailable are both 0',
    { scheduler: { updateStrategy: { rollingUpdate: { maxSurge: 0 } } } },
  ],
  [
    'workers.pools.heavy.updateStrategy.rollingUpdate: maxSurge and maxUnavailable are both 0',
    pool({ updateStrategy: { rollingUpdate: { maxSurge: '0%', maxUnavailable: 0 } } }),
  ],
  [
    'keda.idleReplicaCount must be below minReplicas, and both are 0',
    scaled({ type: 'keda', minReplicas: 0, keda: { idleReplicaCount: 0 } }),
  ],
  [
    'there is no Redis',
    {
      valkey: { enabled: false },
      scheduler: { enabled: false },
      api: { enabled: false },
      apply: { enabled: false },
      workers: { pools: { default: null } },
    },
  ],
  ['tracing.enabled needs tracing.endpoint', { tracing: { enabled: true } }],
  ['workers.pools.heavy: a strict order has no weights', pool({ order: 'strict', queues: ['a:2'] })],
  ['minReplicas is 5 and maxReplicas is 2', scaled({ type: 'hpa', minReplicas: 5, maxReplicas: 2 })],
  ['an HPA cannot go to zero', scaled({ type: 'hpa', minReplicas: 0 })],
  [
    'an HPA by CPU needs resources.requests.cpu',
    pool({ autoscaling: { type: 'hpa' }, resources: { requests: { cpu: null } } }),
  ],
  [
    'type is hpa, and triggers for keda are set',
    scaled({
      type: 'hpa',
      keda: { cron: [{ timezone: 'UTC', start: '0 8 * * *', end: '0 9 * * *', desiredReplicas: 2 }] },
    }),
  ],
  ['type is keda, and hpa.metrics are set', scaled({ type: 'keda', hpa: { metrics: [{ type: 'Resource' }] } })],
  [
    'workers.pools.heavy.autoscaling: keda.fallback needs both failureThreshold and replicas',
    scaled({ type: 'keda', keda: { fallback: { failureThreshold: 3 } } }),
  ],
  ['keda has no trigger', scaled({ type: 'keda', keda: { backlog: { enabled: false } } })],
  ['keda.prometheus needs serverAddress', scaled({ type: 'keda', keda: { prometheus: { enabled: true } } })],
  [
    'keda asks the API for the backlog, and api.enabled is false',
    mergeValues({ api: { enabled: false } }, scaled({ type: 'keda' })),
  ],
  ['keda asks the API for the backlog with its token', scaled({ type: 'keda' })],
  [
    'names the alert BelfryJobsLate, which there is not; known: Belfry',
    { metrics: { grafanaAlerts: { enabled: true }, prometheusRule: { disabled: ['BelfryJobsLate'] } } },
  ],
  [
    'names the alert BelfryLate, which there is not',
    { metrics: { prometheusRule: { enabled: true, overrides: { BelfryLate: {} } } } },
  ],
];

const answers = new Map<Values, Promise<string>>();

/** What helm says, asked once. */
function answerTo(values: Values): Promise<string> {
  const answer = answers.get(values) ?? renderRefusal(values);
  answers.set(values, answer);
  return answer;
}

/**
 * Wrong values that do not stand at the same place are asked about together: helm tells every fault of the schema, so one
 * run of it answers for many rows.
 */
function asked(): { together: Values; rows: typeof WRONG }[] {
  const batches: { together: Values; rows: (typeof WRONG)[number][] }[] = [];
  for (const row of WRONG) {
    const [path, value] = row;
    const meets = (other: string): boolean => `${other}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${other}.`);
    const batch = batches.find(({ rows }) => !rows.some(([other]) => meets(other)));
    const into = batch ?? { together: {}, rows: [] };
    into.together = mergeValues(into.together, nested(path.split('.'), value));
    into.rows.push(row);
    if (batch === undefined) batches.push(into);
  }
  return batches;
}

describe('the schema refuses', () => {
  const rows = asked().flatMap((batch) =>
    batch.rows.map(([path, value, words]) => ({
      path,
      shown: JSON.stringify(value),
      words,
      answer: () => answerTo(batch.together),
    })),
  );

  test.each(rows)('$path = $shown', async ({ words, answer }) => {
    const said = await answer();
    expect(said).toContain("values don't meet the specifications of the schema(s)");
    expect(said).toContain(words);
  });
});

describe('the chart refuses values that contradict each other:', () => {
  test.each(CONTRADICTORY)('%s', async (words, values) => {
    const said = await renderRefusal(values);
    expect(said).toContain('The values of belfry contradict each other:\n');
    expect(said).toContain(words);
  });

  test('all of them at once, each in a line', async () => {
    const said = await renderRefusal({ ...own, scheduler: { replicas: 0 }, api: { ingress: { enabled: true } } });
    expect(said.match(/^ {2}- /gm)).toHaveLength(3);
  });
});
