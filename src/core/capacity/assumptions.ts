import { formatDuration } from '../time/duration.ts';
import { SINGLE_ENQUEUE_US } from './costs.ts';
import { MEASURED } from './measured.ts';
import type { CapacityRequest } from './request.ts';
import type { Sizing } from './sizing.ts';

/** What the answer rests on, each a sentence. */
export function assumptionsOf(request: CapacityRequest, { cells, cell }: Sizing): string[] {
  const { headroom, waitMs, schedules, limits, jobs } = request;
  return [
    `costs were measured on ${MEASURED.machine} (commit ${MEASURED.commit}, ${MEASURED.date}); another core is faster or slower`,
    `Redis, leaders and workers use at most ${percent(headroom)} of a core each at the peak, and 70 % of the slots are busy`,
    `at the peak a call may wait ${formatDuration(waitMs)} for Redis, so that more runs share it; with less to do Redis spends the spare CPU on shorter waits, and its load does not fall in step with the runs`,
    schedules > 0
      ? 'every run is fired by a schedule, and fire times are spread evenly over the second'
      : `every run is enqueued, many in a call; one by one each takes ${String(Math.round(SINGLE_ENQUEUE_US))} µs more of Redis`,
    limits === 'limited' ? 'every run has a rate and a number of slots for one key' : 'no run has limits',
    'handlers wait more than they compute: what they use themselves comes on top of the CPU of the workers',
    `the runs are spread evenly over ${String(jobs)} jobs: a job lives on one shard, so one that has more than its share fills a master first`,
    ...(cell.masters > 1
      ? ['each master owns the slot of one shard: equal ranges of slots do not see to that, see docs/capacity.md']
      : []),
    ...(cells > 1
      ? [`the jobs are divided among ${String(cells)} cells: releases with a namespace and a Redis of their own`]
      : []),
    'replicas of the masters for failover are not counted: as many machines again for one each',
  ];
}

const percent = (part: number): string => `${String(Math.round(part * 100))} %`;
