/** Beginnings of addresses that many rows share. */
export const POD = 'spec.template.spec';
export const BELFRY = `${POD}.containers[belfry]`;
export const SCHEDULER = `Deployment/scheduler ${POD}`;
export const SCHEDULER_BELFRY = `Deployment/scheduler ${BELFRY}`;
export const API = 'Deployment/api';
export const WORKER = 'Deployment/worker-default';
export const VALKEY = `StatefulSet/valkey ${POD}`;

/** The address of a variable that every Belfry container has. */
export function variable(name: string): string {
  return `${SCHEDULER_BELFRY}.env[${name}].value`;
}

/** Where the variable of a role comes from. */
export function secretOf(name: string, object = 'Deployment/scheduler'): string {
  return `${object} ${BELFRY}.env[${name}].valueFrom.secretKeyRef`;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
