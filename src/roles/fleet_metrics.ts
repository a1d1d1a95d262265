import { createFleetReader } from '../client/fleet_reader.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import type { Fleet } from '../telemetry/fleet.ts';
import { collectFleet } from '../telemetry/fleet_collector.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** The gauges of the whole system; answers what reads the last state of it that was shown. A file of its own: workers have none. */
export function collectSystem(metrics: Metrics, store: Store): () => Fleet | undefined {
  return collectFleet(metrics, { read: createFleetReader(store), clock: systemClock }).known;
}
