import type { Clock, DurationMs } from '../core/time/units.ts';
import type { Fleet } from './fleet.ts';
import { createJobGauges } from './job_gauges.ts';
import type { Metrics } from './metrics.ts';
import { createQueueGauges } from './queue_gauges.ts';
import { createRedisGauges } from './redis_gauges.ts';
import { withinScrape } from './scrape_limit.ts';
import { createSystemGauges } from './system_gauges.ts';

export type FleetSource = {
  read: () => Promise<Fleet>;
  clock: Clock;
};

/** Scrapes of several Prometheus at once, and of a person at a browser, cost one reading. */
const KEEP_MS: DurationMs = 1_000;

/**
 * Gauges of the whole system, read from Redis when somebody scrapes. While Redis does not answer they are left out: a
 * stale number would look like a true one. The metrics of the process are served all the same. `known` answers the last
 * reading that succeeded.
 */
export function collectFleet(
  metrics: Pick<Metrics, 'families' | 'onScrape'>,
  { read, clock }: FleetSource,
): { known: () => Fleet | undefined } {
  const { families } = metrics;
  const gauges = [
    createJobGauges(families),
    createQueueGauges(families),
    createSystemGauges(families),
    createRedisGauges(families),
  ];
  let readAt = -Infinity;
  let reading: Promise<Fleet> | undefined;
  let shown: Fleet | undefined;
  metrics.onScrape(async () => {
    if (reading === undefined || clock.monotonic() - readAt > KEEP_MS) {
      readAt = clock.monotonic();
      reading = withinScrape(read());
    }
    try {
      const fleet = await reading;
      if (fleet !== shown) for (const { show } of gauges) show(fleet);
      shown = fleet;
    } catch {
      shown = undefined;
      for (const { clear } of gauges) clear();
    }
  });
  return { known: () => shown };
}
