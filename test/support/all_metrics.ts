import { createEventBus } from '../../src/core/events.ts';
import { collectAttempts, collectDrift, collectRedis, collectScheduler } from '../../src/telemetry/collectors.ts';
import { collectFleet } from '../../src/telemetry/fleet_collector.ts';
import { countEvents } from '../../src/telemetry/event_counts.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';

/** The metrics of a process in all roles that nobody answers and nothing happens to: each is there, few have samples. */
export function createAllMetrics(): Metrics {
  const clock = { now: () => 0, monotonic: () => 0 };
  const about = { version: '1.0.0', nodeVersion: '20.0.0', tzVersion: '2026a' };
  const metrics = createMetrics({ clock, maxSeries: 100, about });
  const nothing = (): Promise<never> => Promise.reject(new Error('nobody answers'));
  countEvents(
    createEventBus(() => undefined),
    metrics.families,
  );
  collectRedis(metrics, nothing);
  collectFleet(metrics, { read: nothing, clock });
  collectScheduler(metrics, { shards: 1, leads: () => [], abstention: () => undefined });
  collectDrift(metrics, () => undefined);
  collectAttempts(metrics, () => new Map());
  return metrics;
}
