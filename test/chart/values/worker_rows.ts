import { expect } from 'vitest';
import type { Values } from '../../support/chart.ts';
import type { Group } from '../../support/chart/value_rows.ts';
import { BELFRY, POD, WORKER } from './places.ts';

const FILE = 'ConfigMap/pools data[default.json]';
const HPA = 'HorizontalPodAutoscaler/worker-default spec';
const KEDA = 'ScaledObject/worker-default spec';
const token = { apiToken: { existingSecret: 'mine' } };
const metric = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } },
};
const scaled = (autoscaling: Values, others: Values = {}): Values => ({
  ...others,
  workers: { defaults: { autoscaling } },
});
const backlog = scaled({ type: 'keda' }, token);
const prometheus = scaled({
  type: 'keda',
  keda: { backlog: { enabled: false }, prometheus: { enabled: true, serverAddress: 'http://p' } },
});
const D = 'workers.defaults';

const PLAIN_ROWS: readonly Group[] = [
  {
    name: 'pools',
    rows: [
      [`${D}.replicas`, 7, `${WORKER} spec.replicas`],
      [`${D}.queues`, ['mail:3', '*'], FILE, expect.stringMatching(/"queues": \[\s*"mail:3",\s*"\*"\s*\]/)],
      [`${D}.concurrency`, 33, FILE, expect.stringContaining('"concurrency": 33')],
      [`${D}.annotations`, { a: 'b' }, `${WORKER} metadata.annotations.a`, 'b'],
      [`${D}.resources.requests.cpu`, '7m', `${WORKER} ${BELFRY}.resources.requests.cpu`],
      [`${D}.resources.requests.memory`, '8Mi', `${WORKER} ${BELFRY}.resources.requests.memory`],
      [`${D}.resources.limits.memory`, '900Mi', `${WORKER} ${BELFRY}.resources.limits.memory`],
      [`${D}.terminationGracePeriodSeconds`, 310, `${WORKER} ${POD}.terminationGracePeriodSeconds`],
      [`${D}.preStopSleepSeconds`, 3, `${WORKER} ${BELFRY}.lifecycle.preStop.sleep.seconds`],
      [`${D}.minReadySeconds`, 44, `${WORKER} spec.minReadySeconds`],
      [`${D}.progressDeadlineSeconds`, 555, `${WORKER} spec.progressDeadlineSeconds`],
      [`${D}.updateStrategy.rollingUpdate.maxSurge`, '20%', `${WORKER} spec.strategy.rollingUpdate.maxSurge`],
      [
        `${D}.updateStrategy.rollingUpdate.maxUnavailable`,
        '5%',
        `${WORKER} spec.strategy.rollingUpdate.maxUnavailable`,
      ],
      [`${D}.pdb.maxUnavailable`, 2, 'PodDisruptionBudget/worker-default spec.maxUnavailable'],
      [
        `${D}.pdb.unhealthyPodEvictionPolicy`,
        'IfHealthyBudget',
        'PodDisruptionBudget/worker-default spec.unhealthyPodEvictionPolicy',
      ],
      [`${D}.probes.liveness.failureThreshold`, 12, `${WORKER} ${BELFRY}.livenessProbe.failureThreshold`],
    ],
  },
  { name: 'a strict order', rows: [[`${D}.order`, 'strict', FILE, expect.stringContaining('"order": "strict"')]] },
  { name: 'no pools', rows: [[`${D}.enabled`, false, WORKER, undefined]] },
  { name: 'no budget of pools', rows: [[`${D}.pdb.enabled`, false, 'PodDisruptionBudget/worker-default', undefined]] },
  {
    name: 'a budget of pools by what stays',
    rows: [[`${D}.pdb.minAvailable`, '60%', 'PodDisruptionBudget/worker-default spec.minAvailable']],
  },
  {
    name: 'pools replaced all at once',
    also: { workers: { defaults: { updateStrategy: { rollingUpdate: null } } } },
    rows: [[`${D}.updateStrategy.type`, 'Recreate', `${WORKER} spec.strategy`, { type: 'Recreate' }]],
  },
  {
    name: 'a pool over the defaults',
    base: { workers: { defaults: { concurrency: 5 } } },
    rows: [['workers.pools.default', { concurrency: 6 }, FILE, expect.stringContaining('"concurrency": 6')]],
  },
];

const SCALED_ROWS: readonly Group[] = [
  {
    name: 'an autoscaler',
    rows: [[`${D}.autoscaling.type`, 'hpa', 'HorizontalPodAutoscaler/worker-default', 'there']],
  },
  {
    name: 'an HPA',
    base: scaled({ type: 'hpa' }),
    rows: [
      [`${D}.autoscaling.minReplicas`, 2, `${HPA}.minReplicas`],
      [`${D}.autoscaling.maxReplicas`, 33, `${HPA}.maxReplicas`],
      [
        `${D}.autoscaling.hpa.targetCPUUtilizationPercentage`,
        55,
        `${HPA}.metrics[0].resource.target.averageUtilization`,
      ],
      [`${D}.autoscaling.hpa.behavior`, { scaleDown: { stabilizationWindowSeconds: 9 } }, `${HPA}.behavior`],
    ],
  },
  {
    name: 'the metrics of an HPA',
    base: scaled({ type: 'hpa' }),
    rows: [[`${D}.autoscaling.hpa.metrics`, [metric], `${HPA}.metrics`]],
  },
  {
    name: 'KEDA by the backlog',
    base: backlog,
    rows: [
      [`${D}.autoscaling.keda.pollingInterval`, 7, `${KEDA}.pollingInterval`],
      [`${D}.autoscaling.keda.cooldownPeriod`, 77, `${KEDA}.cooldownPeriod`],
      [`${D}.autoscaling.keda.idleReplicaCount`, 0, `${KEDA}.idleReplicaCount`],
      [`${D}.autoscaling.keda.fallback`, { failureThreshold: 3, replicas: 4 }, `${KEDA}.fallback`],
      [`${D}.autoscaling.keda.advanced`, { restoreToOriginalReplicaCount: true }, `${KEDA}.advanced`],
      [`${D}.autoscaling.keda.backlog.targetPerReplica`, 9, `${KEDA}.triggers[0].metadata.targetValue`, '9'],
      [`${D}.autoscaling.keda.backlog.activationTarget`, 3, `${KEDA}.triggers[0].metadata.activationTargetValue`, '3'],
      [
        `${D}.autoscaling.keda.backlog.url`,
        'https://belfry.example.com',
        `${KEDA}.triggers[0].metadata.url`,
        expect.stringMatching(/^https:\/\/belfry\.example\.com\/api\/v1\/queues\/backlog\?pool=default(?:&|$)/),
      ],
      [
        `${D}.autoscaling.keda.cron`,
        [{ timezone: 'UTC', start: '0 8 * * *', end: '0 9 * * *', desiredReplicas: 4 }],
        `${KEDA}.triggers[1].metadata.desiredReplicas`,
        '4',
      ],
      [
        `${D}.autoscaling.keda.triggers`,
        [{ type: 'cpu', metricType: 'Utilization', metadata: { value: '60' } }],
        `${KEDA}.triggers[2].type`,
        'cpu',
      ],
    ],
  },
  {
    name: 'KEDA without the backlog',
    base: scaled({ type: 'keda', keda: { prometheus: { enabled: true, serverAddress: 'http://p' } } }, token),
    rows: [[`${D}.autoscaling.keda.backlog.enabled`, false, `${KEDA}.triggers[0].type`, 'prometheus']],
  },
  {
    name: 'KEDA by Prometheus too',
    base: scaled({ type: 'keda', keda: { prometheus: { serverAddress: 'http://p' } } }, token),
    rows: [[`${D}.autoscaling.keda.prometheus.enabled`, true, `${KEDA}.triggers[1].type`, 'prometheus']],
  },
  {
    name: 'KEDA by Prometheus',
    base: prometheus,
    rows: [
      [`${D}.autoscaling.keda.prometheus.serverAddress`, 'http://q', `${KEDA}.triggers[0].metadata.serverAddress`],
      [`${D}.autoscaling.keda.prometheus.query`, 'up', `${KEDA}.triggers[0].metadata.query`],
      [`${D}.autoscaling.keda.prometheus.threshold`, 8, `${KEDA}.triggers[0].metadata.threshold`, '8'],
      [
        `${D}.autoscaling.keda.prometheus.activationThreshold`,
        2,
        `${KEDA}.triggers[0].metadata.activationThreshold`,
        '2',
      ],
      [`${D}.autoscaling.keda.prometheus.authenticationRef`, { name: 'prom' }, `${KEDA}.triggers[0].authenticationRef`],
    ],
  },
];

/** The pools of workers. */
export const WORKER_ROWS: readonly Group[] = [...PLAIN_ROWS, ...SCALED_ROWS];
