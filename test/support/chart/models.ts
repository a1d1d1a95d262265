import type { Manifest } from '../chart.ts';
import { validateHttpRoute } from './http_route.ts';

/** A class of kubernetes-models: its `validate` throws for wrong types and missing fields; it lets unknown fields pass. */
type Model = new (data: unknown) => { validate(): void };

const OTHER_GROUPS: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'keda.sh': '@kubernetes-models/keda',
};

/** Groups that come with a cluster. */
const OWN_GROUPS = /^(?:v1|(?:apps|batch|policy|autoscaling|(?:networking|rbac\.authorization)\.k8s\.io)\/v\d+)$/;

/** There is no model of the Gateway API here: its schema is in http_route.ts. */
export const GATEWAY_API = 'gateway.networking.k8s.io/v1';

/** The module of the models of an apiVersion; fails for a version that nobody has told us how to check. */
export function moduleOf(apiVersion: string): string {
  if (OWN_GROUPS.test(apiVersion)) return `kubernetes-models/${apiVersion}`;
  const own = OTHER_GROUPS[apiVersion.split('/')[0] ?? ''];
  if (own === undefined) throw new Error(`no model is known for ${apiVersion}: add it to test/support/chart/models.ts`);
  return `${own}/${apiVersion}`;
}

/** What is wrong with the types of an object and the fields that it must have; undefined where nothing is. */
export async function faultOf(manifest: Manifest): Promise<string | undefined> {
  const { apiVersion, kind } = manifest;
  const name = `${kind} ${manifest.metadata.name}`;
  if (apiVersion === GATEWAY_API) return withName(name, validateHttpRoute(manifest));
  const models = (await import(moduleOf(apiVersion))) as Readonly<Record<string, Model | undefined>>;
  const model = models[kind];
  if (model === undefined) return `${name}: ${apiVersion} has no kind ${kind}`;
  try {
    new model(manifest).validate();
    return undefined;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function withName(name: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${name}: ${fault}`;
}
