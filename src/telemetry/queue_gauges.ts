import type { Overview } from '../client/overview.ts';
import type { Families } from './exposition/families.ts';
import type { FleetGauges } from './job_gauges.ts';

/** Queues, and what limits hold back. Queues beyond the cap are counted together. */
export function createQueueGauges(families: Families): FleetGauges {
  const depth = families.gauge({
    name: 'belfry_queue_depth',
    help: 'Runs that wait in a queue: ready to start, or delayed.',
    labels: ['queue', 'state'],
  });
  const oldest = families.gauge({
    name: 'belfry_queue_oldest_ready_timestamp_seconds',
    help: 'Fire time of the oldest ready run of a queue; no sample for an empty queue.',
    labels: ['queue'],
  });
  const paused = families.gauge({
    name: 'belfry_queue_paused',
    help: '1 while nothing is claimed from the queue because somebody paused it.',
    labels: ['queue'],
  });
  const orphaned = families.gauge({
    name: 'belfry_queued_without_worker',
    help: 'Ready runs of jobs that no live worker has code for, as far as the lanes that were looked at tell.',
    labels: ['queue'],
  });
  const lanes = families.gauge({
    name: 'belfry_limited_lanes',
    help: 'Lanes (runs of one job with the same keys) that a limit holds back now, by the part of its key before the colon.',
    labels: ['limit'],
  });
  const since = families.gauge({
    name: 'belfry_limited_oldest_timestamp_seconds',
    help: 'Fire time of the oldest run in a lane that the limit holds back.',
    labels: ['limit'],
  });
  const all = [depth, oldest, paused, orphaned, lanes, since];
  const clear = (): void => {
    for (const each of all) each.clear();
  };
  const foldQueue = (queue: string): string => families.fold('queue')?.admit(queue) ?? queue;
  const foldLimit = (limit: string): string => families.fold('limit')?.admit(limit) ?? limit;
  return {
    clear,
    show({ overview }) {
      clear();
      for (const [queue, sum] of sumQueues(overview.queues, foldQueue)) {
        depth.put(sum.ready, queue, 'ready');
        depth.put(sum.delayed, queue, 'delayed');
        if (sum.oldest !== Infinity) oldest.put(sum.oldest / 1_000, queue);
        paused.put(sum.paused, queue);
        orphaned.put(sum.withoutWorker, queue);
      }
      for (const [limit, sum] of sumLimits(overview.limits, foldLimit)) {
        lanes.put(sum.lanes, limit);
        if (sum.oldest !== Infinity) since.put(sum.oldest / 1_000, limit);
      }
    },
  };
}

type QueueSums = { ready: number; delayed: number; oldest: number; paused: number; withoutWorker: number };

function sumQueues(queues: Overview['queues'], fold: (queue: string) => string): Map<string, QueueSums> {
  const sums = new Map<string, QueueSums>();
  for (const { queue, ready, delayed, oldestReady = Infinity, state, withoutWorker } of queues) {
    const name = fold(queue);
    const sum = sums.get(name) ?? { ready: 0, delayed: 0, oldest: Infinity, paused: 0, withoutWorker: 0 };
    sums.set(name, sum);
    sum.ready += ready;
    sum.delayed += delayed;
    sum.oldest = Math.min(sum.oldest, oldestReady);
    sum.paused = Math.max(sum.paused, state === 'paused' ? 1 : 0);
    sum.withoutWorker += withoutWorker;
  }
  return sums;
}

function sumLimits(limits: Overview['limits'], fold: (limit: string) => string) {
  const sums = new Map<string, { lanes: number; oldest: number }>();
  for (const { limit, lanes, oldest = Infinity } of limits) {
    const name = fold(limit);
    const sum = sums.get(name) ?? { lanes: 0, oldest: Infinity };
    sums.set(name, { lanes: sum.lanes + lanes, oldest: Math.min(sum.oldest, oldest) });
  }
  return sums;
}
