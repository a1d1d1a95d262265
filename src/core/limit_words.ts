import type { JobLimit } from './limit.ts';
import { formatDuration } from './time/duration.ts';

/** One line for one limit: `partner:{partner}: 100 per 1m, 4 at once`. */
export function describeLimit({ key, rate, burst, concurrency, weight, order }: JobLimit): string {
  const parts = [
    rate && `${rate.count} per ${formatDuration(rate.periodMs)}${burst === undefined ? '' : ` (${burst} at once)`}`,
    concurrency !== undefined && `${concurrency} at once`,
    order && 'one after the other',
    weight !== undefined && `weight ${weight}`,
  ].filter((part) => typeof part === 'string');
  return `${key}: ${parts.length === 0 ? 'takes turns' : parts.join(', ')}`;
}
