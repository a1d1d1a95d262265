import { describe, expect, test } from 'vitest';
import { find, renderChart } from '../support/chart.ts';
import type { Manifest, Values } from '../support/chart.ts';
import { textAt, valueAt } from '../support/chart/address.ts';
import { mergeValues, nested } from '../support/chart/value_rows.ts';

/** Where settings of pods may stand beside the top, and the objects that they are then about. */
const PLACES: Readonly<Record<string, readonly [kind: string, name: string]>> = {
  scheduler: ['Deployment', 'bt-belfry-scheduler'],
  api: ['Deployment', 'bt-belfry-api'],
  apply: ['Job', 'bt-belfry-apply'],
  'workers.defaults': ['Deployment', 'bt-belfry-worker-default'],
  'workers.pools.heavy': ['Deployment', 'bt-belfry-worker-heavy'],
};

/** The settings, for each: what stands at the top, what stands at the place, where it shows and what it then is. */
const SETTINGS: readonly (readonly [key: string, top: unknown, own: unknown, path: string, shows: unknown])[] = [
  ['image', { tag: '1' }, { tag: '2' }, 'belfry.image', 'ghcr.io/belfry-dev/belfry:2'],
  ['podAnnotations', { a: '1', b: '1' }, { b: '2' }, 'template.metadata.annotations', { a: '1', b: '2' }],
  ['podLabels', { a: '1', b: '1' }, { b: '2' }, 'template.metadata.labels', { a: '1', b: '2' }],
  ['podSecurityContext', { runAsUser: 5 }, { runAsGroup: 6 }, 'pod.securityContext', { runAsUser: 5, runAsGroup: 6 }],
  [
    'securityContext',
    {},
    { procMount: 'Default' },
    'belfry.securityContext',
    { procMount: 'Default', readOnlyRootFilesystem: true },
  ],
  ['nodeSelector', { a: '1', b: '1' }, { b: '2' }, 'pod.nodeSelector', { a: '1', b: '2' }],
  ['affinity', { podAffinity: {} }, { nodeAffinity: {} }, 'pod.affinity', { podAffinity: {}, nodeAffinity: {} }],
  ['tolerations', [{ key: 'a' }], [{ key: 'b' }], 'pod.tolerations', [{ key: 'a' }, { key: 'b' }]],
  ['extraEnv', [{ name: 'A', value: '1' }], [{ name: 'B', value: '2' }], 'belfry.env[B].value', '2'],
  [
    'extraEnvFrom',
    [{ secretRef: { name: 'a' } }],
    [{ secretRef: { name: 'b' } }],
    'belfry.envFrom[1].secretRef.name',
    'b',
  ],
  ['extraVolumes', [], [{ name: 'b', emptyDir: {} }], 'pod.volumes[b].emptyDir', {}],
  ['extraVolumeMounts', [], [{ name: 'b', mountPath: '/b' }], 'belfry.volumeMounts[b].mountPath', '/b'],
  [
    'initContainers',
    [{ name: 'a', image: 'a:1' }],
    [{ name: 'b', image: 'b:1' }],
    'pod.initContainers[b].image',
    'b:1',
  ],
  ['priorityClassName', 'low', 'high', 'pod.priorityClassName', 'high'],
  ['runtimeClassName', 'runc', 'gvisor', 'pod.runtimeClassName', 'gvisor'],
  [
    'dataVolume',
    { emptyDir: { sizeLimit: '1Gi' } },
    { emptyDir: { sizeLimit: '2Gi' } },
    'pod.volumes[data].emptyDir.sizeLimit',
    '2Gi',
  ],
  [
    'tmpVolume',
    { emptyDir: { sizeLimit: '1Gi' } },
    { emptyDir: { medium: 'Memory' } },
    'pod.volumes[tmp].emptyDir.medium',
    'Memory',
  ],
];

/** Those of pods that run until they are stopped. */
const RUNNING: typeof SETTINGS = [
  ['spread', 'none', 'hard', 'pod.topologySpreadConstraints[0].whenUnsatisfiable', 'DoNotSchedule'],
  [
    'topologySpreadConstraints',
    [{ topologyKey: 'a', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }],
    [{ topologyKey: 'b', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }],
    'pod.topologySpreadConstraints[3].topologyKey',
    'b',
  ],
  ['extraContainers', [{ name: 'a', image: 'a:1' }], [{ name: 'b', image: 'b:1' }], 'pod.containers[b].image', 'b:1'],
  ['revisionHistoryLimit', 3, 4, 'revisionHistoryLimit', 4],
  [
    'probes',
    { liveness: { periodSeconds: 7 } },
    { liveness: { timeoutSeconds: 8 } },
    'belfry.livenessProbe',
    { periodSeconds: 7, timeoutSeconds: 8 },
  ],
];

const SHORT: readonly (readonly [string, string])[] = [
  ['belfry.', 'template.spec.containers[belfry].'],
  ['pod.', 'template.spec.'],
];

function shownAt(manifest: Manifest, path: string): unknown {
  const long = SHORT.reduce(
    (text, [from, to]) => (text.startsWith(from) ? `${to}${text.slice(from.length)}` : text),
    path,
  );
  return valueAt(manifest, `spec.${long}`);
}

describe.each(Object.entries(PLACES))('at %s', (place, [kind, name]) => {
  const settings = place === 'apply' ? SETTINGS : [...SETTINGS, ...RUNNING];
  const top = settings.reduce<Values>((values, [key, value]) => mergeValues(values, { [key]: value }), {
    workers: { pools: { heavy: {} } },
  });
  const all = settings.reduce<Values>(
    (values, [key, , own]) => mergeValues(values, nested([...place.split('.'), key], own)),
    top,
  );

  test.each(settings)('%s over %j is %j', async (...row) => {
    const [, , , path, shows] = row;
    const shown = shownAt(find(await renderChart(all), kind, name), path);
    if (typeof shows === 'object' && !Array.isArray(shows)) expect(shown).toMatchObject(shows as object);
    else expect(shown).toEqual(shows);
    expect(shownAt(find(await renderChart(top), kind, name), path)).not.toEqual(shown);
  });
});

test('a pool is laid over the defaults: maps are merged, lists replaced, and null takes away', async () => {
  const manifests = await renderChart({
    workers: {
      defaults: { queues: ['a', 'b'], resources: { limits: { memory: '1Gi', cpu: '2' } }, annotations: { a: '1' } },
      pools: { default: null, heavy: { queues: ['c'], resources: { limits: { cpu: null } }, annotations: { b: '2' } } },
    },
  });
  const heavy = find(manifests, 'Deployment', 'bt-belfry-worker-heavy');
  expect(manifests.map(({ metadata }) => metadata.name)).not.toContain('bt-belfry-worker-default');
  expect(heavy.metadata.annotations).toEqual({ a: '1', b: '2' });
  expect(shownAt(heavy, 'belfry.resources.limits')).toEqual({ memory: '1Gi' });
  const file = textAt(find(manifests, 'ConfigMap', 'bt-belfry-pools'), 'data[heavy.json]');
  expect(JSON.parse(file)).toMatchObject({ pools: { heavy: { queues: ['c'] } } });
});
