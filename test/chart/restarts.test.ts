import { describe, expect, test } from 'vitest';
import { find, renderChart } from '../support/chart.ts';
import type { Values } from '../support/chart.ts';
import { valueAt } from '../support/chart/address.ts';
import { nameOf, podsOf } from '../support/chart/pods.ts';
import { mergeValues } from '../support/chart/value_rows.ts';

const BASE: Values = {
  workers: { pools: { heavy: { concurrency: 3 } } },
  apiToken: { value: 'a-token-of-32-characters' },
};
const RUNNING = ['Deployment', 'StatefulSet'];

/** The workloads whose pods an upgrade from one set of values to the other replaces. */
async function restarted(before: Values, after: Values): Promise<string[]> {
  const [old, fresh] = await Promise.all([renderChart(before), renderChart(mergeValues(before, after))]);
  const templates = new Map(
    podsOf(old).map(({ owner }) => [nameOf(owner), JSON.stringify(valueAt(owner, 'spec.template'))]),
  );
  return podsOf(fresh)
    .filter(({ owner }) => RUNNING.includes(owner.kind))
    .filter(({ owner }) => templates.get(nameOf(owner)) !== JSON.stringify(valueAt(owner, 'spec.template')))
    .map(({ owner }) => owner.metadata.name.replace('bt-belfry-', ''))
    .toSorted();
}

describe('an upgrade replaces the pods that read what has changed, and no others:', () => {
  test.each<readonly [string, Values, readonly string[]]>([
    ['the slots of a pool', { workers: { pools: { heavy: { concurrency: 4 } } } }, ['worker-heavy']],
    ['the queues of every pool', { workers: { defaults: { queues: ['a', '*'] } } }, ['worker-default', 'worker-heavy']],
    ['the token of the API', { apiToken: { value: 'another-token-of-32' } }, ['api']],
    [
      'a secret of every pod',
      { signingKeys: { value: 'k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' } },
      ['api', 'scheduler', 'worker-default', 'worker-heavy'],
    ],
    ['a setting', { config: { leaderTtl: '9s' } }, ['api', 'scheduler', 'worker-default', 'worker-heavy']],
    ['the image', { image: { tag: '9.9.9' } }, ['api', 'scheduler', 'worker-default', 'worker-heavy']],
    ['the image of a pool', { workers: { pools: { heavy: { image: { tag: '9.9.9' } } } } }, ['worker-heavy']],
    [
      'the password of Valkey',
      { valkey: { auth: { password: 'plain' } } },
      ['api', 'scheduler', 'valkey', 'worker-default', 'worker-heavy'],
    ],
    ['the number of replicas', { scheduler: { replicas: 3 }, workers: { defaults: { replicas: 9 } } }, []],
    [
      'monitors, rules and policies',
      { metrics: { podMonitor: { enabled: true } }, networkPolicy: { enabled: true } },
      [],
    ],
    ['an annotation of the API alone', { api: { podAnnotations: { a: 'b' } } }, ['api']],
    ['one more pool', { workers: { pools: { light: {} } } }, ['worker-light']],
    ['nothing', {}, []],
  ])('%s', async (_, change, names) => {
    expect(await restarted(BASE, change)).toEqual(names);
  });
});

test('the version of the chart is in no pod: an upgrade that changes nothing else restarts nothing', async () => {
  const running = podsOf(await renderChart(BASE)).filter(({ owner }) => RUNNING.includes(owner.kind));
  const labels = new Set(running.flatMap((pod) => Object.keys(pod.labels)));
  expect(running.length).toBeGreaterThan(3);
  expect(labels.has('helm.sh/chart')).toBe(false);
  expect(labels.has('app.kubernetes.io/version')).toBe(false);
});

test('a Deployment that is replaced at once has nothing of a rolling update, which Kubernetes refuses beside it', async () => {
  const manifests = await renderChart({
    workers: { pools: { default: { updateStrategy: { type: 'Recreate' } } } },
  });
  expect(valueAt(find(manifests, 'Deployment', 'bt-belfry-worker-default'), 'spec.strategy')).toEqual({
    type: 'Recreate',
  });
});

test('a hook that was killed, as its node was drained, is tried again; one that was asked in a wrong way is not', async () => {
  for (const name of ['bt-belfry-apply', 'bt-belfry-gate']) {
    expect(valueAt(find(await renderChart(), 'Job', name), 'spec.podFailurePolicy.rules')).toEqual([
      { action: 'FailJob', onExitCodes: { containerName: 'belfry', operator: 'In', values: [2, 3] } },
    ]);
  }
});
