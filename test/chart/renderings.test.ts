import { beforeAll, describe, expect, test } from 'vitest';
import { CHART, runHelm } from '../support/chart.ts';
import type { Manifest } from '../support/chart.ts';
import { allRenderings, ciFiles } from '../support/chart/ci_values.ts';
import { compileFaults } from '../support/chart/compiled.ts';
import { faultOf } from '../support/chart/models.ts';
import { nameOf } from '../support/chart/pods.ts';

/** Kinds that each set of all ci files must show, or these tests would look at less than the chart can render. */
const KINDS = [
  'ConfigMap',
  'Deployment',
  'HTTPRoute',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Job',
  'NetworkPolicy',
  'Pod',
  'PodDisruptionBudget',
  'PodMonitor',
  'PrometheusRule',
  'Role',
  'RoleBinding',
  'ScaledObject',
  'Secret',
  'Service',
  'ServiceAccount',
  'ServiceMonitor',
  'StatefulSet',
  'TriggerAuthentication',
];

let renderings: readonly (readonly [string, readonly Manifest[]])[] = [];
beforeAll(async () => {
  renderings = await allRenderings();
});

/** Each object under the name of its rendering and its own. */
function everyObject(): readonly { where: string; manifest: Manifest }[] {
  return renderings.flatMap(([values, manifests]) =>
    manifests.map((manifest) => ({ where: `${values}: ${nameOf(manifest)}`, manifest })),
  );
}

/** Not one of the `extraObjects`, which are as their author wrote them. */
function isOurs({ metadata }: Manifest): boolean {
  return metadata.labels?.['helm.sh/chart'] !== undefined;
}

test('helm lint finds nothing, with the defaults and with every file of ci/', async () => {
  const outcomes = [[], ...Object.values(ciFiles()).map((file) => ['-f', file])].map((args) =>
    runHelm(['lint', '--strict', CHART, '--kube-version', '1.34.0', ...args]),
  );
  for (const { code, stdout, stderr } of await Promise.all(outcomes)) {
    expect(`${stdout}${stderr}`).not.toMatch(/\[(?:ERROR|WARNING)\]/);
    expect(code).toBe(0);
  }
});

test('the files of ci/ together show every kind of object', () => {
  expect(Object.keys(ciFiles()).length).toBeGreaterThanOrEqual(8);
  const kinds = new Set(everyObject().map(({ manifest }) => manifest.kind));
  expect([...kinds].toSorted()).toEqual(KINDS.toSorted());
});

describe('every object', () => {
  test('has the types and the fields that Kubernetes asks for', async () => {
    const faults = await Promise.all(everyObject().map(async ({ manifest }) => faultOf(manifest)));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  test('has no field that its kind does not know', async () => {
    expect(await compileFaults(Object.fromEntries(renderings))).toEqual([]);
  });

  test('has a name of its own, in the namespace of the release or the one that is asked for', () => {
    for (const [values, manifests] of renderings) {
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
      expect(
        names.filter((name, index) => names.indexOf(name) !== index),
        values,
      ).toEqual([]);
      const ours = manifests.filter(isOurs).map(({ metadata }) => metadata.namespace ?? '');
      expect(new Set(ours).has(''), values).toBe(false);
    }
  });

  test('says with the usual labels what it is, which release it is of and who made it', () => {
    const ours = everyObject().filter(({ manifest }) => isOurs(manifest));
    expect(ours.length).toBeGreaterThan(renderings.length * 10);
    for (const { where, manifest } of ours) {
      expect(manifest.metadata.labels, where).toMatchObject({
        'app.kubernetes.io/instance': expect.stringMatching(/./) as unknown,
        'app.kubernetes.io/component': expect.stringMatching(/./) as unknown,
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/part-of': 'belfry',
        'app.kubernetes.io/version': expect.stringMatching(/^\d/) as unknown,
      });
    }
  });

  test('has names and labels that Kubernetes takes', () => {
    for (const { where, manifest } of everyObject()) {
      const { name, labels = {} } = manifest.metadata;
      expect(name, where).toMatch(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/);
      for (const [label, value] of Object.entries(labels)) {
        expect(value, `${where} ${label}`).toMatch(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
      }
    }
  });
});
