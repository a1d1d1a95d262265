import type { Overview } from '../client/overview.ts';
import type { Families } from './exposition/families.ts';
import type { Gauge } from './exposition/gauge.ts';
import type { FleetGauges } from './job_gauges.ts';

/** Totals, workers and shards of the whole system. */
export function createSystemGauges(families: Families): FleetGauges {
  const gauges: Gauge[] = [];
  const gauge = (name: string, help: string, labels: string[] = []): Gauge => {
    const made = families.gauge({ name: `belfry_${name}`, help, labels });
    gauges.push(made);
    return made;
  };
  const dead = gauge('dead_letters', 'Runs that are out of attempts and wait for somebody to look at them.');
  const running = gauge('runs_running', 'Runs with a live attempt.');
  const schedules = gauge('schedules', 'Stored schedules.');
  const quarantined = gauge('schedules_quarantined', 'Schedules that are taken out because they cannot be planned.');
  const lag = gauge('scheduler_lag_seconds', 'How overdue the most overdue schedule of a shard is; 0 for none.', [
    'shard',
  ]);
  const since = gauge(
    'shard_leader_since_timestamp_seconds',
    'Since when the present leader of a shard leads it; no sample while nobody does.',
    ['shard'],
  );
  const workers = createWorkerGauges(gauge, (pool) => families.fold('pool')?.admit(pool) ?? pool);
  return {
    clear() {
      for (const each of gauges) each.clear();
    },
    show({ overview }) {
      for (const each of gauges) each.clear();
      dead.put(overview.deadLetters);
      running.put(overview.running);
      schedules.put(overview.schedules);
      quarantined.put(overview.quarantined);
      overview.leads.forEach(({ leader, overdue }, shard) => {
        lag.put(overdue === undefined ? 0 : Math.max(0, overview.now - overdue) / 1_000, String(shard));
        if (leader !== undefined) since.put(leader.since / 1_000, String(shard));
      });
      workers(overview.workers);
    },
  };
}

type MakeGauge = (name: string, help: string, labels: string[]) => Gauge;

function createWorkerGauges(gauge: MakeGauge, fold: (pool: string) => string) {
  const workers = gauge('workers', 'Live workers.', ['pool']);
  const states = gauge('worker_state', 'Live workers by state: running, or draining (they take nothing new).', [
    'pool',
    'state',
  ]);
  const slots = gauge('worker_slots', 'Slots of the live workers: busy or free.', ['pool', 'state']);
  return (live: Overview['workers']): void => {
    for (const [pool, { running, draining, busy, free }] of byPool(live, fold)) {
      workers.put(running + draining, pool);
      states.put(running, pool, 'running');
      states.put(draining, pool, 'draining');
      slots.put(busy, pool, 'busy');
      slots.put(free, pool, 'free');
    }
  };
}

type PoolSums = { running: number; draining: number; busy: number; free: number };

function byPool(workers: Overview['workers'], fold: (pool: string) => string): Map<string, PoolSums> {
  const pools = new Map<string, PoolSums>();
  for (const { pool, slots, busy, state } of workers) {
    const name = fold(pool);
    const sum = pools.get(name) ?? { running: 0, draining: 0, busy: 0, free: 0 };
    pools.set(name, sum);
    sum[state] += 1;
    sum.busy += busy;
    sum.free += Math.max(0, slots - busy);
  }
  return pools;
}
