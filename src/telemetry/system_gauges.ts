import { Gauge, type Registry } from 'prom-client';
import type { Overview } from '../client/overview.ts';
import type { FleetGauges } from './job_gauges.ts';

/** Queues, workers and totals of the whole system. */
export function createSystemGauges(registry: Registry): FleetGauges {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const depth = gauge('belfry_queue_depth', 'Runs that wait in a queue: ready to start, or delayed.', [
    'queue',
    'state',
  ]);
  const oldest = gauge(
    'belfry_queue_oldest_ready_timestamp_seconds',
    'Fire time of the oldest ready run of a queue; no sample for an empty queue.',
    ['queue'],
  );
  const dead = gauge('belfry_dead_letters', 'Runs that are out of attempts and wait for somebody to look at them.');
  const running = gauge('belfry_runs_running', 'Runs with a live attempt.');
  const schedules = gauge('belfry_schedules', 'Stored schedules.');
  const workers = gauge('belfry_workers', 'Live workers.', ['pool']);
  const slots = gauge('belfry_worker_slots', 'Slots of the live workers: busy or free.', ['pool', 'state']);
  const all = [depth, oldest, dead, running, schedules, workers, slots];
  const clear = (): void => {
    for (const each of all) each.reset();
    // A gauge without labels goes back to 0, which would look like a true number.
    for (const each of [dead, running, schedules]) each.remove();
  };
  return {
    clear,
    show({ overview }) {
      clear();
      for (const { queue, ready, delayed, oldestReady } of overview.queues) {
        depth.set({ queue, state: 'ready' }, ready);
        depth.set({ queue, state: 'delayed' }, delayed);
        if (oldestReady !== undefined) oldest.set({ queue }, oldestReady / 1_000);
      }
      dead.set(overview.deadLetters);
      running.set(overview.running);
      schedules.set(overview.schedules);
      for (const [pool, { count, busy, free }] of byPool(overview.workers)) {
        workers.set({ pool }, count);
        slots.set({ pool, state: 'busy' }, busy);
        slots.set({ pool, state: 'free' }, free);
      }
    },
  };
}

function byPool(workers: Overview['workers']): Map<string, { count: number; busy: number; free: number }> {
  const pools = new Map<string, { count: number; busy: number; free: number }>();
  for (const { pool, slots, busy } of workers) {
    const sum = pools.get(pool) ?? { count: 0, busy: 0, free: 0 };
    pools.set(pool, { count: sum.count + 1, busy: sum.busy + busy, free: sum.free + slots - busy });
  }
  return pools;
}
