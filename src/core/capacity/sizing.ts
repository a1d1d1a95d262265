import { BelfryError } from '../errors.ts';
import {
  fireCpuUs,
  IDLE,
  LIMITED_EXTRA,
  REDIS_FIRE,
  REDIS_RUN,
  ENQUEUE_US,
  runCpuUs,
  SCHEDULER_FIRE,
  WORKER_RUN,
} from './costs.ts';
import { memoryOf, trafficOf, type Memory, type Traffic } from './footprint.ts';
import type { CapacityRequest } from './request.ts';

/** One Belfry with a Redis (Cluster) and a namespace of its own; a system of several has equal ones. CPU in cores at the peak. */
export type Cell = {
  runsPerSecond: number;
  peakPerSecond: number;
  /** Each with one shard. */
  masters: number;
  schedulers: number;
  workers: number;
  slotsPerWorker: number;
  cpu: { redis: number; busiestMaster: number; schedulers: number; workers: number };
  memory: Memory;
  traffic: Traffic;
};

export type Sizing = {
  cells: number;
  cell: Cell;
  /** Of all cells. */
  total: { masters: number; schedulers: number; workers: number; slotsNeeded: number; memoryBytes: number };
};

const CORE_US = 1e6;
const SECONDS_PER_DAY = 86_400;
/** Of the slots at the peak, so that a run finds one free. */
const BUSY_SLOTS = 0.7;
/** Two, so that one may be away. */
const LEAST_PROCESSES = 2;
/** A Redis beyond this takes long to load and to copy. */
const MOST_DATA_BYTES = 12 * 2 ** 30;
/**
 * Of a Redis Cluster: with fewer, none could elect a replica in the place of one that is gone, and no more shards than these were
 * measured. Every worker asks every shard, so a larger system is several cells; of these each is a cluster, so that they are never
 * fewer masters than the one that was too small.
 */
const CLUSTER_MASTERS = 3;
const MOST_CELLS = 4_096;
const LEAST_SLOTS = 20;
const SLOT_STEP = 10;

/**
 * The system that carries the load with the headroom asked for: one cell as long as one is enough, else as few as can be, in
 * powers of two. More runs, schedules or bytes never need fewer masters, workers, schedulers or busy slots. Throws BAD_USAGE where
 * no number of cells is enough.
 */
export function sizing(request: CapacityRequest): Sizing {
  for (let cells = 1; cells <= MOST_CELLS; cells *= 2) {
    const share = {
      ...request,
      runsPerDay: request.runsPerDay / cells,
      schedules: request.schedules / cells,
      jobs: request.jobs / cells,
    };
    for (const masters of cells === 1 ? [1, CLUSTER_MASTERS] : [CLUSTER_MASTERS]) {
      const cell = cellOf(share, masters);
      if (cell !== undefined) return { cells, cell, total: totalOf(request, cells, cell) };
    }
  }
  throw new BelfryError('BAD_USAGE', 'no system that is modelled here carries this load', {
    field: '--runs-per-day',
    hint: 'fewer runs, more slots for each worker (--slots), more headroom (--headroom), or a longer wait at the peak (--wait)',
  });
}

function totalOf(request: CapacityRequest, cells: number, cell: Cell): Sizing['total'] {
  return {
    masters: cells * cell.masters,
    schedulers: cells * cell.schedulers,
    workers: cells * cell.workers,
    slotsNeeded: Math.ceil(slotsNeeded(request, cells * cell.peakPerSecond)),
    memoryBytes: cells * cell.memory.dataBytes,
  };
}

/** Undefined where one of the masters, leaders or workers would be used beyond the headroom. */
function cellOf(request: CapacityRequest, masters: number): Cell | undefined {
  const { headroom, slotsPerWorker: most } = request;
  const runsPerSecond = request.runsPerDay / SECONDS_PER_DAY;
  const peakPerSecond = runsPerSecond * request.peakFactor;
  const slots = slotsNeeded(request, peakPerSecond);
  const workers = workersFor(request, { peakPerSecond, slots });
  if (workers === undefined) return undefined;
  const redis = redisCores(request, { peakPerSecond, masters, workers });
  const leaders = schedulerCores(request, peakPerSecond, masters);
  const memory = memoryOf(request, { peakPerSecond, masters });
  const isEnough =
    redis / masters <= headroom && leaders / masters <= headroom && memory.dataBytes / masters <= MOST_DATA_BYTES;
  if (!isEnough) return undefined;
  return {
    runsPerSecond,
    peakPerSecond,
    masters,
    schedulers: Math.max(LEAST_PROCESSES, Math.ceil(leaders / headroom) + 1),
    workers,
    slotsPerWorker: Math.min(most, Math.ceil(Math.max(LEAST_SLOTS, slots / workers) / SLOT_STEP) * SLOT_STEP),
    cpu: {
      redis,
      busiestMaster: redis / masters,
      schedulers: leaders,
      workers: workerCores(request, { peakPerSecond, masters, workers }),
    },
    memory,
    traffic: trafficOf(request, { runsPerSecond, peakPerSecond }),
  };
}

type Fleet = { peakPerSecond: number; masters: number; workers: number };

/** Little's law: runs under way are arrivals a second × their length in seconds. */
function slotsNeeded({ durationMs }: CapacityRequest, peakPerSecond: number): number {
  return (peakPerSecond * durationMs) / 1_000 / BUSY_SLOTS;
}

function redisCores(request: CapacityRequest, { peakPerSecond, masters, workers }: Fleet): number {
  const pairs = workers * masters;
  const extra = request.limits === 'limited' ? LIMITED_EXTRA.redisUs : 0;
  const fires = request.schedules > 0 ? fireCpuUs(REDIS_FIRE, peakPerSecond, masters) - peakPerSecond * ENQUEUE_US : 0;
  const runs = runCpuUs(REDIS_RUN, peakPerSecond, { pairs, waitMs: request.waitMs }) + peakPerSecond * extra;
  const idle = pairs * IDLE.redisWorkerUs + masters * IDLE.redisShardUs;
  return (runs + Math.max(0, fires) + idle) / CORE_US;
}

function schedulerCores({ schedules }: CapacityRequest, peakPerSecond: number, masters: number): number {
  const fires = schedules > 0 ? fireCpuUs(SCHEDULER_FIRE, peakPerSecond, masters) : 0;
  return (fires + masters * IDLE.schedulerUs) / CORE_US;
}

function workerCores(request: CapacityRequest, { peakPerSecond, masters, workers }: Fleet): number {
  const extra = request.limits === 'limited' ? LIMITED_EXTRA.workerUs : 0;
  const runs = runCpuUs(WORKER_RUN, peakPerSecond, { pairs: workers * masters, waitMs: request.waitMs });
  return (runs + peakPerSecond * extra + workers * IDLE.workerUs) / CORE_US;
}

/** Enough for the slots, and for no worker to use more of its core than the headroom says, in a cell of any size; undefined where none are. */
function workersFor(
  request: CapacityRequest,
  { peakPerSecond, slots }: { peakPerSecond: number; slots: number },
): number | undefined {
  const fits = (workers: number): boolean =>
    workerCores(request, { peakPerSecond, masters: CLUSTER_MASTERS, workers }) <= workers * request.headroom;
  let enough = Math.max(LEAST_PROCESSES, Math.ceil(slots / request.slotsPerWorker));
  if (fits(enough)) return enough;
  // CPU of a worker falls with their number, so the least that fits is found by halves.
  let tooFew = enough;
  for (enough *= 2; !fits(enough); enough *= 2) {
    if (enough > 1e9) return undefined;
    tooFew = enough;
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (fits(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
