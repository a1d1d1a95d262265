import type { IIoK8sApiCoreV1Container, IIoK8sApiCoreV1PodSpec } from 'kubernetes-models/v1';
import type { Manifest } from '../chart.ts';
import { isRecord, valueAt } from './address.ts';

export type PodSpec = IIoK8sApiCoreV1PodSpec;
export type Container = IIoK8sApiCoreV1Container;

/** A pod as its owner describes it. */
export type Pod = {
  readonly owner: Manifest;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
};

const TEMPLATES: Readonly<Record<string, string>> = {
  Deployment: 'spec.template',
  StatefulSet: 'spec.template',
  DaemonSet: 'spec.template',
  Job: 'spec.template',
  CronJob: 'spec.jobTemplate.spec.template',
  Pod: '',
};

/** Every pod that these objects make. */
export function podsOf(manifests: readonly Manifest[]): readonly Pod[] {
  return manifests.flatMap((owner) => {
    const path = TEMPLATES[owner.kind];
    if (path === undefined) return [];
    const template = valueAt(owner, path);
    if (!isRecord(template) || !isRecord(template['spec'])) throw new Error(`${nameOf(owner)} has no pod`);
    const metadata = isRecord(template['metadata']) ? template['metadata'] : {};
    const labels = textsOf(metadata['labels']);
    return [
      { owner, labels, annotations: textsOf(metadata['annotations']), spec: template['spec'] as unknown as PodSpec },
    ];
  });
}

/** `Deployment bt-belfry-api` */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** All containers of a pod, those that run before the others too. */
export function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Whether a selector's labels are all among the labels of a pod. */
export function isSelected(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(textsOf(selector));
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

function textsOf(map: unknown): Readonly<Record<string, string>> {
  return isRecord(map) ? (map as Readonly<Record<string, string>>) : {};
}
