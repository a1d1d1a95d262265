import type { Container, PodSpec } from './pods.ts';
import { containersOf } from './pods.ts';

/** Volumes that the restricted profile lets a pod have. */
const VOLUMES = [
  'name',
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SECCOMP: readonly (string | undefined)[] = ['RuntimeDefault', 'Localhost'];

/**
 * What of a pod the restricted pod security standard refuses.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (baseline and restricted, Linux).
 */
export function restrictedFaults(spec: PodSpec): string[] {
  const { hostNetwork, hostPID, hostIPC, volumes = [], securityContext: pod = {} } = spec;
  const refused = (holds: boolean, words: string): string[] => (holds ? [words] : []);
  const kinds = volumes.flatMap((volume) => Object.keys(volume).filter((key) => !VOLUMES.includes(key)));
  return [
    ...refused(hostNetwork === true || hostPID === true || hostIPC === true, 'shares namespaces of the host'),
    ...kinds.map((kind) => `has a volume ${kind}`),
    ...refused(pod.runAsUser === 0, 'runs as user 0'),
    ...refused((pod.sysctls ?? []).length > 0, 'sets sysctls'),
    ...containersOf(spec).flatMap((container) =>
      containerFaults(container, pod).map((fault) => `container ${container.name}: ${fault}`),
    ),
  ];
}

function containerFaults({ securityContext: own = {}, ports = [] }: Container, pod: PodSpec['securityContext'] = {}) {
  const { capabilities = {}, privileged, allowPrivilegeEscalation, runAsUser, procMount } = own;
  const faults: readonly (readonly [boolean, string])[] = [
    [privileged === true, 'is privileged'],
    [allowPrivilegeEscalation !== false, 'may gain privileges'],
    [(own.runAsNonRoot ?? pod.runAsNonRoot) !== true, 'may run as root'],
    [runAsUser === 0, 'runs as user 0'],
    [!SECCOMP.includes((own.seccompProfile ?? pod.seccompProfile)?.type), 'has no seccomp profile'],
    [!(capabilities.drop ?? []).includes('ALL'), 'keeps capabilities'],
    [(capabilities.add ?? []).some((name) => name !== 'NET_BIND_SERVICE'), 'adds capabilities'],
    [procMount !== undefined && procMount !== 'Default', 'unmasks /proc'],
    [ports.some(({ hostPort }) => (hostPort ?? 0) !== 0), 'has a port of the host'],
  ];
  return faults.filter(([holds]) => holds).map(([, words]) => words);
}
