import type { RunPolicy } from './policy.ts';
import { formatDuration } from './time/duration.ts';

/** A retry policy as a person reads it: `3, exponential backoff 1s to 5m, jitter full, never ValidationError`. */
export function describeRetry({ attempts, backoff, retryOnly, retryNever }: RunPolicy): string {
  return [
    String(attempts),
    describeBackoff(backoff),
    `jitter ${backoff.jitter}`,
    ...(retryOnly === undefined ? [] : [`only ${retryOnly.join(' or ')}`]),
    ...(retryNever === undefined ? [] : [`never ${retryNever.join(' or ')}`]),
  ].join(', ');
}

function describeBackoff({ type, initialMs, maxMs, delaysMs = [] }: RunPolicy['backoff']): string {
  if (type === 'custom') return `after ${delaysMs.map((ms) => formatDuration(Math.min(ms, maxMs))).join(' / ')}`;
  return `${type} backoff ${formatDuration(initialMs)} to ${formatDuration(maxMs)}`;
}
