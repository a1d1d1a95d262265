import type { Group, Row } from '../../support/chart/value_rows.ts';
import { API, BELFRY, POD, SCHEDULER, SCHEDULER_BELFRY } from './places.ts';

const toleration = { key: 'batch', operator: 'Exists' };
const constraint = { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' };
const sidecar = { name: 'sidecar', image: 'registry.example.com/sidecar:1' };

/** What holds for every Belfry pod, shown on the scheduler's. */
export const POD_ROWS: readonly Group[] = [
  {
    name: 'every pod',
    rows: [
      ['podAnnotations', { a: 'b' }, 'Deployment/scheduler spec.template.metadata.annotations.a', 'b'],
      ['podLabels', { c: 'd' }, 'Deployment/scheduler spec.template.metadata.labels.c', 'd'],
      ['podSecurityContext.runAsNonRoot', false, `${SCHEDULER}.securityContext.runAsNonRoot`],
      ['podSecurityContext.runAsUser', 11, `${SCHEDULER}.securityContext.runAsUser`],
      ['podSecurityContext.runAsGroup', 12, `${SCHEDULER}.securityContext.runAsGroup`],
      ['podSecurityContext.fsGroup', 13, `${SCHEDULER}.securityContext.fsGroup`],
      ['podSecurityContext.seccompProfile.type', 'Unconfined', `${SCHEDULER}.securityContext.seccompProfile.type`],
      [
        'securityContext.allowPrivilegeEscalation',
        true,
        `${SCHEDULER_BELFRY}.securityContext.allowPrivilegeEscalation`,
      ],
      ['securityContext.readOnlyRootFilesystem', false, `${SCHEDULER_BELFRY}.securityContext.readOnlyRootFilesystem`],
      ['securityContext.capabilities.drop', ['NET_RAW'], `${SCHEDULER_BELFRY}.securityContext.capabilities.drop`],
      ['nodeSelector', { disk: 'ssd' }, `${SCHEDULER}.nodeSelector`],
      ['tolerations', [toleration], `${SCHEDULER}.tolerations`],
      ['affinity', { nodeAffinity: {} }, `${SCHEDULER}.affinity`],
      ['topologySpreadConstraints', [constraint], `${SCHEDULER}.topologySpreadConstraints[0]`, constraint],
      ['spread', 'none', `${SCHEDULER}.topologySpreadConstraints[1]`, undefined],
      ['priorityClassName', 'high', `${SCHEDULER}.priorityClassName`],
      ['runtimeClassName', 'gvisor', `${SCHEDULER}.runtimeClassName`],
      ['extraEnv', [{ name: 'MINE', value: 'x' }], `${SCHEDULER_BELFRY}.env[MINE].value`, 'x'],
      ['extraEnvFrom', [{ secretRef: { name: 'mine' } }], `${SCHEDULER_BELFRY}.envFrom[0].secretRef.name`, 'mine'],
      ['extraVolumes', [{ name: 'mine', emptyDir: {} }], `${SCHEDULER}.volumes[mine].emptyDir`, {}],
      [
        'extraVolumeMounts',
        [{ name: 'mine', mountPath: '/mine' }],
        `${SCHEDULER_BELFRY}.volumeMounts[mine].mountPath`,
        '/mine',
      ],
      ['extraContainers', [sidecar], `${SCHEDULER}.containers[sidecar]`, sidecar],
      ['initContainers', [sidecar], `${SCHEDULER}.initContainers[sidecar]`, sidecar],
      ['revisionHistoryLimit', 3, 'Deployment/scheduler spec.revisionHistoryLimit'],
      ['dataVolume.emptyDir', { sizeLimit: '1Gi' }, `${SCHEDULER}.volumes[data].emptyDir.sizeLimit`, '1Gi'],
      ['tmpVolume.emptyDir', { sizeLimit: '2Gi' }, `${SCHEDULER}.volumes[tmp].emptyDir.sizeLimit`, '2Gi'],
    ],
  },
  {
    name: 'probes',
    rows: ['startup', 'liveness', 'readiness'].flatMap((probe) =>
      ['periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((field): Row => [
        `probes.${probe}.${field}`,
        77,
        `${SCHEDULER_BELFRY}.${probe}Probe.${field}`,
      ]),
    ),
  },
  {
    name: 'no probes',
    rows: ['startup', 'liveness', 'readiness'].map((probe): Row => [
      `probes.${probe}.enabled`,
      false,
      `${SCHEDULER_BELFRY}.${probe}Probe`,
      undefined,
    ]),
  },
];

/** What scheduler and api have alike; `place` is the beginning of their objects' addresses. */
function roleRows(role: string, place: string): readonly Row[] {
  const container = `${place} ${BELFRY}`;
  const pdb = `PodDisruptionBudget/${role} spec`;
  return [
    [`${role}.replicas`, 5, `${place} spec.replicas`],
    [`${role}.annotations`, { a: 'b' }, `${place} metadata.annotations.a`, 'b'],
    [`${role}.resources.requests.cpu`, '7m', `${container}.resources.requests.cpu`],
    [`${role}.resources.requests.memory`, '8Mi', `${container}.resources.requests.memory`],
    [`${role}.resources.limits.memory`, '900Mi', `${container}.resources.limits.memory`],
    [`${role}.terminationGracePeriodSeconds`, 99, `${place} ${POD}.terminationGracePeriodSeconds`],
    [`${role}.preStopSleepSeconds`, 9, `${container}.lifecycle.preStop.sleep.seconds`],
    [`${role}.minReadySeconds`, 33, `${place} spec.minReadySeconds`],
    [`${role}.progressDeadlineSeconds`, 444, `${place} spec.progressDeadlineSeconds`],
    [`${role}.updateStrategy.rollingUpdate.maxSurge`, 2, `${place} spec.strategy.rollingUpdate.maxSurge`],
    [`${role}.updateStrategy.rollingUpdate.maxUnavailable`, 1, `${place} spec.strategy.rollingUpdate.maxUnavailable`],
    [`${role}.pdb.maxUnavailable`, 2, `${pdb}.maxUnavailable`],
    [`${role}.pdb.unhealthyPodEvictionPolicy`, 'IfHealthyBudget', `${pdb}.unhealthyPodEvictionPolicy`],
  ];
}

function absences(role: string, place: string): readonly Group[] {
  return [
    { name: `no ${role}`, rows: [[`${role}.enabled`, false, place, undefined]] },
    { name: `no budget of ${role}`, rows: [[`${role}.pdb.enabled`, false, `PodDisruptionBudget/${role}`, undefined]] },
    {
      name: `a budget of ${role} by what stays`,
      rows: [[`${role}.pdb.minAvailable`, 1, `PodDisruptionBudget/${role} spec.minAvailable`]],
    },
    {
      name: `${role} replaced all at once`,
      also: { [role]: { updateStrategy: { rollingUpdate: null } } },
      rows: [[`${role}.updateStrategy.type`, 'Recreate', `${place} spec.strategy`, { type: 'Recreate' }]],
    },
  ];
}

/** The scheduler and the API. */
export const ROLE_ROWS: readonly Group[] = [
  { name: 'scheduler', rows: roleRows('scheduler', 'Deployment/scheduler') },
  ...absences('scheduler', 'Deployment/scheduler'),
  { name: 'api', rows: roleRows('api', API) },
  ...absences('api', API),
  {
    name: 'the Service of the API',
    rows: [
      ['api.service.type', 'NodePort', 'Service/api spec.type'],
      ['api.service.port', 80, 'Service/api spec.ports[http].port'],
      ['api.service.nodePort', 30_080, 'Service/api spec.ports[http].nodePort'],
      ['api.service.annotations', { a: 'b' }, 'Service/api metadata.annotations.a', 'b'],
      ['api.service.labels', { c: 'd' }, 'Service/api metadata.labels.c', 'd'],
    ],
  },
  {
    name: 'an ingress',
    base: { api: { ingress: { hosts: [{ host: 'a.example.com' }] } } },
    rows: [['api.ingress.enabled', true, 'Ingress/api spec.rules[0].host', 'a.example.com']],
  },
  {
    name: 'what the ingress is like',
    base: { api: { ingress: { enabled: true, hosts: [{ host: 'a.example.com' }] } } },
    rows: [
      ['api.ingress.className', 'nginx', 'Ingress/api spec.ingressClassName'],
      ['api.ingress.annotations', { a: 'b' }, 'Ingress/api metadata.annotations.a', 'b'],
      [
        'api.ingress.hosts',
        [{ host: 'b.example.com', paths: [{ path: '/x', pathType: 'Exact' }] }],
        'Ingress/api spec.rules[0].http.paths[0].path',
        '/x',
      ],
      [
        'api.ingress.tls',
        [{ secretName: 'cert', hosts: ['b.example.com'] }],
        'Ingress/api spec.tls[0].secretName',
        'cert',
      ],
    ],
  },
  {
    name: 'a route of a Gateway',
    base: { api: { httpRoute: { parentRefs: [{ name: 'web' }] } } },
    rows: [['api.httpRoute.enabled', true, 'HTTPRoute/api spec.parentRefs[0].name', 'web']],
  },
  {
    name: 'what the route is like',
    base: { api: { httpRoute: { enabled: true, parentRefs: [{ name: 'web' }] } } },
    rows: [
      ['api.httpRoute.annotations', { a: 'b' }, 'HTTPRoute/api metadata.annotations.a', 'b'],
      ['api.httpRoute.parentRefs', [{ name: 'inside', namespace: 'gateways' }], 'HTTPRoute/api spec.parentRefs'],
      ['api.httpRoute.hostnames', ['a.example.com'], 'HTTPRoute/api spec.hostnames'],
      [
        'api.httpRoute.matches',
        [{ path: { type: 'Exact', value: '/x' } }],
        'HTTPRoute/api spec.rules[1].matches[0].path.value',
        '/x',
      ],
      [
        'api.httpRoute.filters',
        [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['x'] } }],
        'HTTPRoute/api spec.rules[1].filters[0].type',
        'RequestHeaderModifier',
      ],
      [
        'api.httpRoute.additionalRules',
        [{ backendRefs: [{ name: 'other', port: 80 }] }],
        'HTTPRoute/api spec.rules[0].backendRefs[0].name',
        'other',
      ],
    ],
  },
];
