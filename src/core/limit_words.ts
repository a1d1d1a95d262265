import type { JobLimit, KeyLimit } from './limit.ts';
import { formatDuration } from './time/duration.ts';

/** One line for one limit: `partner:{partner}: 100 per 1m, 4 at once`. */
export function describeLimit({ key, ...limit }: JobLimit): string {
  return `${key}: ${describeAmounts(limit)}`;
}

/** `100 per 1m (10 at once), 4 at once, weight 2`; `takes turns` where nothing is limited. */
export function describeAmounts({ rate, burst, concurrency, weight, order }: KeyLimit): string {
  const parts = [
    rate && `${rate.count} per ${formatDuration(rate.periodMs)}${burst === undefined ? '' : ` (burst ${burst})`}`,
    concurrency !== undefined && `${concurrency} at once`,
    order && 'one after the other',
    weight !== undefined && `weight ${weight}`,
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? 'takes turns' : parts.join(', ');
}
