import { expect, test } from 'vitest';
import type { Manifest } from '../support/chart.ts';
import { compileFaults } from '../support/chart/compiled.ts';
import { faultOf } from '../support/chart/models.ts';

const meta = { name: 'x' };
const service: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta,
  spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }] },
};
const scaler: Manifest = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: meta,
  spec: { minReplicas: 1, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' } },
};
const keda: Manifest = {
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: meta,
  spec: { scaleTargetRef: { name: 'x' }, triggers: [{ type: 'metrics-api', metadata: { url: 'http://x' } }] },
};
const rule: Manifest = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: meta,
  spec: { groups: [{ name: 'a', rules: [{ alert: 'A', expr: 'up == 0', for: '5m' }] }] },
};
const route: Manifest = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: meta,
  spec: { parentRefs: [{ name: 'web' }], rules: [{ backendRefs: [{ name: 'x', port: 80 }] }] },
};

/** The object with one word replaced by another, as a slip of the pen would. */
function misspelled(manifest: Manifest, word: string, slip: string): Manifest {
  const text = JSON.stringify(manifest);
  expect(text).toContain(word);
  return JSON.parse(text.replace(word, slip)) as Manifest;
}

test('objects that are as they should be have no fault', async () => {
  for (const manifest of [service, scaler, keda, rule, route]) expect(await faultOf(manifest)).toBeUndefined();
  expect(await compileFaults({ all: [service, scaler, keda, rule, route] })).toEqual([]);
});

test.each([
  [service, '"port":80', '"port":"80"', /Service x: .*port/],
  [scaler, '"maxReplicas":2,', '', /HorizontalPodAutoscaler x: .*maxReplicas/],
  [keda, '"type":"metrics-api",', '', /ScaledObject x: .*type/],
  [rule, '"name":"a",', '', /PrometheusRule x: .*name/],
  [route, '"port":80', '"port":0', /HTTPRoute x: .*port must be >= 1/],
  [route, 'backendRefs', 'backends', /HTTPRoute x: .*must NOT have additional properties/],
  [service, '"Service"', '"Servise"', /Servise x: v1 has no kind Servise/],
])('validation finds a wrong type and a missing field (%#)', async (manifest, word, slip, words) => {
  expect(await faultOf(misspelled(manifest, word, slip))).toMatch(words);
});

test('the compiler finds the fields that validation lets pass, and names the object and the field', async () => {
  const slips = [
    misspelled(service, 'targetPort', 'targetPrt'),
    misspelled(scaler, 'minReplicas', 'minReplica'),
    misspelled(keda, '"triggers":', '"pollingIntervall":5,"triggers":'),
    misspelled(rule, '"for"', '"fro"'),
  ];
  for (const slip of slips) expect(await faultOf(slip)).toBeUndefined();
  const faults = await compileFaults({ 'slips.yaml': slips });
  expect(faults).toHaveLength(4);
  expect(faults[0]).toMatch(/^slips\.yaml: Service x: at `"targetPrt": "http"`: .*does not exist in type/);
  expect(faults[1]).toMatch(/at `"minReplica": 1,`: .*does not exist in type/);
  expect(faults[2]).toContain('pollingIntervall');
  expect(faults[3]).toContain('fro');
});

test('an apiVersion that nothing is known about is no pass', async () => {
  await expect(faultOf({ ...service, apiVersion: 'example.com/v1' })).rejects.toThrow('no model is known for');
});
