import { expect, test } from 'vitest';
import type { PodSpec } from '../support/chart/pods.ts';
import { restrictedFaults } from '../support/chart/restricted.ts';

const good: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  volumes: [{ name: 'a', emptyDir: {} }],
  containers: [
    {
      name: 'c',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      ports: [{ containerPort: 80 }],
    },
  ],
};
const container = (securityContext: object): PodSpec => ({
  ...good,
  containers: [{ name: 'c', securityContext: { ...good.containers[0]?.securityContext, ...securityContext } }],
});

test('a pod that satisfies the restricted standard has no fault', () => {
  expect(restrictedFaults(good)).toEqual([]);
});

test.each<readonly [string, PodSpec]>([
  ['shares namespaces of the host', { ...good, hostNetwork: true }],
  ['has a volume hostPath', { ...good, volumes: [{ name: 'a', hostPath: { path: '/' } }] }],
  ['container c: may run as root', { ...good, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
  ['container c: has no seccomp profile', { ...good, securityContext: { runAsNonRoot: true } }],
  ['container c: has no seccomp profile', container({ seccompProfile: { type: 'Unconfined' } })],
  ['container c: may gain privileges', container({ allowPrivilegeEscalation: true })],
  ['container c: keeps capabilities', container({ capabilities: {} })],
  ['container c: adds capabilities', container({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
  ['container c: is privileged', container({ privileged: true })],
  ['container c: runs as user 0', container({ runAsUser: 0 })],
  [
    'container c: has a port of the host',
    { ...good, containers: [{ ...good.containers[0], name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] },
  ],
  ['container i: may gain privileges', { ...good, initContainers: [{ name: 'i' }] }],
])('"%s" is found', (words, spec) => {
  expect(restrictedFaults(spec)).toContain(words);
});
