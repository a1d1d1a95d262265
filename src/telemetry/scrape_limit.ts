import type { DurationMs } from '../core/time/units.ts';

/** Prometheus gives up after 10 s; a scrape that shows that Redis is away is worth more than none. */
const LIMIT_MS: DurationMs = 2_500;

/** What is asked of Redis during a scrape. Rejects when the answer would come too late. */
export async function withinScrape<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis did not answer in time')), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
