import { describe, expect, test } from 'vitest';
import { ofKind, renderChart } from '../support/chart.ts';
import type { Manifest, Values } from '../support/chart.ts';
import { valueAt } from '../support/chart/address.ts';
import { isSelected, nameOf, podsOf } from '../support/chart/pods.ts';

const LONG = 'a-release-whose-name-is-as-long-as-helm-lets-it-be-53';
const EVERYTHING: Values = {
  apiToken: { value: 'a-token-of-32-characters' },
  rbac: { containerJobs: true },
  networkPolicy: { enabled: true },
  metrics: { podMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboards: { enabled: true } },
  workers: { pools: { 'a-pool-with-quite-a-name': {}, 'a-pool-with-quite-a-name-too': {} } },
};

/** What the hosts of other objects are named after must be there under that very name. */
function dangling(manifests: readonly Manifest[]): string[] {
  const names = new Set(manifests.map(nameOf));
  return podsOf(manifests).flatMap(({ owner, spec }) => {
    const maps = (spec.volumes ?? []).flatMap(({ configMap }) =>
      configMap?.name === undefined ? [] : [`ConfigMap ${configMap.name}`],
    );
    const secrets = spec.containers
      .flatMap(({ env = [] }) => env)
      .flatMap(({ valueFrom }) =>
        valueFrom?.secretKeyRef?.name === undefined ? [] : [`Secret ${valueFrom.secretKeyRef.name}`],
      );
    const account = spec.serviceAccountName === undefined ? [] : [`ServiceAccount ${spec.serviceAccountName}`];
    return [...maps, ...secrets, ...account]
      .filter((name) => !names.has(name))
      .map((name) => `${nameOf(owner)}: ${name}`);
  });
}

describe.each<readonly [string, string, Values]>([
  ['the longest name of a release', LONG, {}],
  ['a release called like the chart', 'belfry', {}],
  ['a long fullnameOverride', 'bt', { fullnameOverride: LONG }],
  ['a long nameOverride', 'bt', { nameOverride: 'a-name-instead-of-belfry-of-forty-letter' }],
])('with %s', (_, release, values) => {
  const rendered = (): Promise<readonly Manifest[]> => renderChart({ ...EVERYTHING, ...values }, { release });

  test('no name is longer than 63 characters, and none is there twice', async () => {
    const manifests = await rendered();
    const names = manifests.map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    for (const { metadata } of manifests) expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
  });

  test('the Valkey leaves 11 characters for the hash that its pods have in a label', async () => {
    for (const { metadata } of ofKind(await rendered(), 'StatefulSet')) expect(metadata.name.length).toBeLessThan(53);
  });

  test('labels fit, selectors select, and what pods refer to is there', async () => {
    const manifests = await rendered();
    for (const { labels } of podsOf(manifests)) {
      for (const value of Object.values(labels))
        expect(value).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
    }
    for (const owner of ofKind(manifests, 'Deployment', 'StatefulSet')) {
      const chosen = podsOf(manifests).filter(({ labels }) =>
        isSelected(valueAt(owner, 'spec.selector.matchLabels'), labels),
      );
      expect(chosen.map((pod) => nameOf(pod.owner))).toEqual([nameOf(owner)]);
    }
    expect(dangling(manifests)).toEqual([]);
  });
});

test('a release called like the chart does not say so twice', async () => {
  const names = (await renderChart({}, { release: 'belfry' })).map(({ metadata }) => metadata.name);
  expect(names).toContain('belfry-scheduler');
  expect(names.filter((name) => name.startsWith('belfry-belfry'))).toEqual([]);
});

test('two releases in one namespace share no name', async () => {
  const [one, two] = await Promise.all(['one', 'two'].map((release) => renderChart(EVERYTHING, { release })));
  const names = new Set((one ?? []).map(nameOf));
  expect((two ?? []).map(nameOf).filter((name) => names.has(name))).toEqual([]);
});
