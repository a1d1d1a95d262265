import { Gauge } from 'prom-client';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { Fleet } from './fleet.ts';
import { createJobGauges } from './job_gauges.ts';
import type { Metrics } from './metrics.ts';
import { createSystemGauges } from './system_gauges.ts';

export type FleetSource = {
  read: () => Promise<Fleet>;
  clock: Clock;
};

/** Scrapes of several Prometheus at once, and of a person at a browser, cost one reading. */
const KEEP_MS: DurationMs = 1_000;
/** Prometheus gives up after 10 s; a scrape that shows that Redis is away is worth more than none. */
const LIMIT_MS: DurationMs = 2_500;

/** Whether Redis answers this process: asked at each scrape. */
export function collectRedis(metrics: Pick<Metrics, 'registry' | 'onScrape'>, ask: () => Promise<unknown>): void {
  const up = new Gauge({
    name: 'belfry_redis_up',
    help: '1 while Redis answers this process, 0 while it does not.',
    registers: [metrics.registry],
  });
  metrics.onScrape(async () => {
    up.set(
      await withLimit(ask()).then(
        () => 1,
        () => 0,
      ),
    );
  });
}

/**
 * Gauges of the whole system, read from Redis when somebody scrapes. While Redis does not answer they are left out: a
 * stale number would look like a true one. The metrics of the process are served all the same.
 */
export function collectFleet(metrics: Pick<Metrics, 'registry' | 'onScrape'>, { read, clock }: FleetSource): void {
  const gauges = [createJobGauges(metrics.registry), createSystemGauges(metrics.registry)];
  let readAt = -Infinity;
  let reading: Promise<Fleet> | undefined;
  metrics.onScrape(async () => {
    if (reading === undefined || clock.monotonic() - readAt > KEEP_MS) {
      readAt = clock.monotonic();
      reading = withLimit(read());
    }
    try {
      const fleet = await reading;
      for (const { show } of gauges) show(fleet);
    } catch {
      for (const { clear } of gauges) clear();
    }
  });
}

/** Which shards this process leads. Over all processes the sum for a shard is 1. */
export function collectLeadership(
  metrics: Pick<Metrics, 'registry' | 'onScrape'>,
  shards: number,
  leads: () => { shard: number }[],
): void {
  const leader = new Gauge({
    name: 'belfry_scheduler_leader',
    help: '1 while this process leads the shard, else 0.',
    labelNames: ['shard'],
    registers: [metrics.registry],
  });
  metrics.onScrape(() => {
    const led = new Set(leads().map(({ shard }) => shard));
    for (let shard = 0; shard < shards; shard += 1) leader.set({ shard: String(shard) }, led.has(shard) ? 1 : 0);
  });
}

async function withLimit<T>(work: Promise<T>): Promise<T> {
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
