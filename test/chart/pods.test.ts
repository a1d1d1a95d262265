import { beforeAll, describe, expect, test } from 'vitest';
import { ofKind, renderChart } from '../support/chart.ts';
import type { Manifest } from '../support/chart.ts';
import { isRecord, valueAt } from '../support/chart/address.ts';
import { allRenderings } from '../support/chart/ci_values.ts';
import { containersOf, isSelected, nameOf, podsOf } from '../support/chart/pods.ts';
import type { Pod } from '../support/chart/pods.ts';
import { restrictedFaults } from '../support/chart/restricted.ts';

let renderings: readonly (readonly [string, readonly Manifest[]])[] = [];
beforeAll(async () => {
  renderings = await allRenderings();
});

function everyPod(): readonly { where: string; pod: Pod }[] {
  return renderings.flatMap(([values, manifests]) =>
    podsOf(manifests).map((pod) => ({ where: `${values}: ${nameOf(pod.owner)}`, pod })),
  );
}

describe('every pod', () => {
  test('satisfies the restricted pod security standard', () => {
    expect(everyPod().length).toBeGreaterThan(40);
    for (const { where, pod } of everyPod()) expect(restrictedFaults(pod.spec), where).toEqual([]);
  });

  test('has a root file system that cannot be written, and no token of Kubernetes unless it makes Jobs', () => {
    for (const { where, pod } of everyPod()) {
      for (const { name, securityContext } of pod.spec.containers) {
        expect(securityContext?.readOnlyRootFilesystem, `${where} ${name}`).toBe(true);
      }
      const makesJobs = pod.spec.automountServiceAccountToken === true;
      expect(makesJobs ? pod.labels['app.kubernetes.io/component'] : undefined, where).toBeOneOf([undefined, 'worker']);
      expect(pod.spec.automountServiceAccountToken, where).toBeTypeOf('boolean');
    }
  });

  test('says what it needs: requests of CPU and memory, and a limit of memory', async () => {
    const containers = podsOf(await renderChart()).flatMap(({ spec }) => containersOf(spec));
    expect(containers.length).toBeGreaterThanOrEqual(6);
    for (const { name, resources } of containers) {
      expect(resources?.requests, name).toEqual({
        cpu: expect.anything() as unknown,
        memory: expect.anything() as unknown,
      });
      expect(resources?.limits, name).toHaveProperty('memory');
    }
  });

  test('runs an image with a version, never whatever is newest', () => {
    for (const { where, pod } of everyPod()) {
      for (const { image = '' } of containersOf(pod.spec)) {
        expect(image, where).toMatch(/^[^\s:@]+(?::\d+)?(?:\/[^\s:@]+)*(?::[^:@/]+|@sha256:[0-9a-f]{64})$/);
        expect(image, where).not.toMatch(/:latest$/);
      }
    }
  });

  test('mounts only volumes that it has, each at a place of its own, and has none that nobody mounts', () => {
    for (const { where, pod } of everyPod()) {
      const templates = valueAt(pod.owner, 'spec.volumeClaimTemplates');
      const claims = Array.isArray(templates) ? templates.map((claim: unknown) => valueAt(claim, 'metadata.name')) : [];
      const volumes = [...(pod.spec.volumes ?? []).map(({ name }) => name), ...claims];
      const mounts = containersOf(pod.spec).flatMap(({ volumeMounts = [] }) => volumeMounts);
      expect(new Set(volumes), where).toEqual(new Set(mounts.map(({ name }) => name)));
      expect(new Set(volumes).size, where).toBe(volumes.length);
      for (const { name, volumeMounts = [], env = [] } of containersOf(pod.spec)) {
        const paths = volumeMounts.map(({ mountPath }) => mountPath);
        expect(new Set(paths).size, `${where} ${name}`).toBe(paths.length);
        const variables = env.map((variable) => variable.name);
        expect(
          variables.filter((variable, index) => variables.indexOf(variable) !== index),
          `${where} ${name}`,
        ).toEqual([]);
      }
    }
  });

  test('that runs until it is stopped is probed for being up, alive and making progress', () => {
    for (const { where, pod } of everyPod().filter(({ pod: { owner } }) => owner.kind === 'Deployment')) {
      const belfry = pod.spec.containers.find(({ name }) => name === 'belfry');
      const paths = [belfry?.startupProbe, belfry?.livenessProbe, belfry?.readinessProbe].map(
        (probe) => probe?.httpGet,
      );
      expect(
        paths.map((get) => get?.path),
        where,
      ).toEqual(['/healthz', '/healthz', '/readyz']);
      for (const get of paths)
        expect(
          belfry?.ports?.map(({ name }) => name),
          where,
        ).toContain(get?.port);
      const { periodSeconds = 10, failureThreshold = 3 } = belfry?.startupProbe ?? {};
      expect(periodSeconds * failureThreshold, where).toBeGreaterThanOrEqual(60);
    }
  });

  test('gives attempts less time to end than Kubernetes gives the pod', () => {
    for (const { where, pod } of everyPod().filter(({ pod: { owner } }) => owner.kind === 'Deployment')) {
      const belfry = pod.spec.containers.find(({ name }) => name === 'belfry');
      const drain = Number(/^(\d+)s$/.exec(belfry?.env?.find(({ name }) => name === 'BELFRY_DRAIN')?.value ?? '')?.[1]);
      const preStop = belfry?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect(drain, where).toBeGreaterThanOrEqual(0);
      expect(drain + preStop + 5, where).toBeLessThanOrEqual(pod.spec.terminationGracePeriodSeconds ?? 30);
    }
  });
});

describe('what selects pods', () => {
  test('is in the labels of the pods of its own workload, and of no other', () => {
    for (const [values, manifests] of renderings) {
      const pods = podsOf(manifests);
      for (const owner of ofKind(manifests, 'Deployment', 'StatefulSet')) {
        const chosen = pods.filter(({ labels }) => isSelected(valueAt(owner, 'spec.selector.matchLabels'), labels));
        expect(
          chosen.map((pod) => nameOf(pod.owner)),
          `${values}: ${nameOf(owner)}`,
        ).toEqual([nameOf(owner)]);
      }
      for (const budget of ofKind(manifests, 'PodDisruptionBudget')) {
        const chosen = pods.filter(({ labels }) => isSelected(valueAt(budget, 'spec.selector.matchLabels'), labels));
        expect(
          chosen.map(({ owner }) => owner.metadata.name),
          `${values}: ${nameOf(budget)}`,
        ).toEqual([budget.metadata.name]);
      }
    }
  });

  test('of a Service leads to pods that have the port', () => {
    let services = 0;
    for (const [values, manifests] of renderings) {
      for (const service of ofKind(manifests, 'Service')) {
        services += 1;
        const chosen = podsOf(manifests).filter(({ labels }) => isSelected(valueAt(service, 'spec.selector'), labels));
        expect(chosen.length, `${values}: ${nameOf(service)}`).toBe(1);
        const ports = chosen.flatMap(({ spec }) => spec.containers.flatMap((container) => container.ports ?? []));
        const target = valueAt(service, 'spec.ports[0].targetPort');
        expect(
          ports.map(({ name }) => name),
          `${values}: ${nameOf(service)}`,
        ).toContain(target);
      }
    }
    expect(services).toBeGreaterThan(10);
  });

  test('of a monitor leads to every pod that serves metrics, once', () => {
    for (const [values, manifests] of renderings) {
      const monitors = ofKind(manifests, 'ServiceMonitor', 'PodMonitor');
      if (monitors.length === 0) continue;
      const scraped = podsOf(manifests).filter(({ owner }) => owner.kind === 'Deployment');
      for (const { owner, labels } of scraped) {
        const found = monitors.filter(({ spec }) => isChosen(valueAt(spec, 'selector'), labels));
        const hasBoth =
          new Set(monitors.map(({ kind }) => kind)).size === 2 || labels['app.kubernetes.io/component'] === 'api';
        if (hasBoth || monitors[0]?.kind === 'PodMonitor') {
          expect(found.map(nameOf), `${values}: ${nameOf(owner)}`).toHaveLength(1);
        }
      }
    }
  });

  test('spreads pods over hosts by the labels that they have', () => {
    let constraints = 0;
    for (const { where, pod } of everyPod()) {
      for (const { labelSelector } of pod.spec.topologySpreadConstraints ?? []) {
        constraints += 1;
        expect(isSelected(labelSelector?.matchLabels, pod.labels), where).toBe(true);
      }
    }
    expect(constraints).toBeGreaterThan(20);
  });
});

/** Whether a selector with `matchLabels` and `matchExpressions` (In) takes a pod with these labels. */
function isChosen(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const expressions = valueAt(selector, 'matchExpressions');
  const all: readonly unknown[] = Array.isArray(expressions) ? expressions : [];
  const matches = all.every((expression) => {
    const { key, operator, values } = isRecord(expression) ? expression : {};
    expect(operator).toBe('In');
    return Array.isArray(values) && values.includes(labels[String(key)]);
  });
  return matches && isSelected(valueAt(selector, 'matchLabels'), labels);
}

describe('an autoscaled pool', () => {
  test('has no number of replicas in its Deployment, and its autoscaler is about that Deployment', () => {
    let scalers = 0;
    for (const [values, manifests] of renderings) {
      const deployments = ofKind(manifests, 'Deployment');
      const scaled = ofKind(manifests, 'HorizontalPodAutoscaler', 'ScaledObject').map((scaler) => ({
        scaler,
        target: valueAt(scaler, 'spec.scaleTargetRef.name'),
      }));
      scalers += scaled.length;
      for (const { scaler, target } of scaled) {
        expect(
          deployments.map(({ metadata }) => metadata.name),
          `${values}: ${nameOf(scaler)}`,
        ).toContain(target);
      }
      const targets = scaled.map(({ target }) => target);
      expect(new Set(targets).size, values).toBe(targets.length);
      for (const deployment of deployments) {
        const replicas = valueAt(deployment, 'spec.replicas');
        const wanted = targets.includes(deployment.metadata.name) ? 'undefined' : 'number';
        expect(typeof replicas, `${values}: ${nameOf(deployment)}`).toBe(wanted);
      }
    }
    expect(scalers).toBeGreaterThan(2);
  });
});
