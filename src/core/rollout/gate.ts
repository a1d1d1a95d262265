import { formatDuration } from '../time/duration.ts';
import type { DurationMs, EpochMs } from '../time/units.ts';
import { describeUncovered, findUncovered, type CoverageFacts, type Uncovered } from './coverage.ts';
import type { Fleet, RolloutWorker } from './fleet.ts';
import { servesQueue } from '../queue_weights.ts';

/** Ready runs of each queue at an instant. */
export type Backlog = { at: EpochMs; queues: ReadonlyMap<string, number> };

export type GateRules = {
  /** Draining for longer than this is a worker that hangs. */
  maxDrainMs: DurationMs;
  /** Dead letters, and jobs that fail, since the rollout began. */
  maxDead: number;
  maxFailing: number;
};

export type GateFacts = {
  fleet: Fleet;
  /** Workers of this version are those that must be able to do the work; undefined: all that live. */
  version: string | undefined;
  kinds: CoverageFacts['kinds'];
  scheduled: CoverageFacts['scheduled'];
  backlog: Backlog;
  /** As an earlier look saw it; undefined on the first look, which cannot tell whether it grows. */
  earlier: Backlog | undefined;
  dead: number;
  failing: readonly string[];
};

export type GateCheck = 'workers' | 'code' | 'leader' | 'drain' | 'backlog' | 'dead' | 'failing';

/** Why a rollout must not go on. */
export type GateReason = { check: GateCheck; says: string; hint: string };

export type GateVerdict = { reasons: GateReason[]; uncovered: Uncovered[] };

const GROWTH_ALLOWED = 0.1;
const NAMES_TOLD = 5;

/** Whether a rollout may go on: every reason against it. No reason means that it may. */
export function judgeGate(facts: GateFacts, rules: GateRules): GateVerdict {
  const uncovered = uncoveredIn(facts);
  return {
    reasons: [
      ...judgeWorkers(facts),
      ...judgeCode(uncovered, facts.version),
      ...judgeLeaders(facts.fleet),
      ...judgeDraining(facts.fleet, rules),
      ...judgeBacklog(facts),
      ...judgeEnds(facts, rules),
    ],
    uncovered,
  };
}

/** A worker that drains takes nothing any more. */
function takers({ fleet, version }: Pick<GateFacts, 'fleet' | 'version'>): RolloutWorker[] {
  return fleet.workers.filter(
    (worker) => worker.drainingSince === undefined && (version === undefined || worker.version === version),
  );
}

function uncoveredIn(facts: GateFacts): Uncovered[] {
  const { kinds, scheduled, fleet } = facts;
  const crews = takers(facts).map(({ queues, code }) => ({ queues, jobs: fleet.codes.get(code) ?? new Set<string>() }));
  return findUncovered({ kinds, scheduled, crews });
}

function judgeWorkers(facts: GateFacts): GateReason[] {
  if (takers(facts).length > 0) return [];
  const which = facts.version === undefined ? '' : ` of version ${facts.version}`;
  return [{ check: 'workers', says: `no worker${which} takes runs`, hint: 'start one: belfry start --role worker' }];
}

function judgeCode(uncovered: readonly Uncovered[], version: string | undefined): GateReason[] {
  if (uncovered.length === 0) return [];
  const kinds = `${uncovered.length} queued ${uncovered.length === 1 ? 'kind has' : 'kinds have'}`;
  const where = version === undefined ? '' : ` in version ${version}`;
  const told = uncovered.slice(0, NAMES_TOLD).map((kind) => `\n  ${describeUncovered(kind)}`);
  const more = uncovered.length > NAMES_TOLD ? `\n  and ${uncovered.length - NAMES_TOLD} more` : '';
  return [
    {
      check: 'code',
      says: `${kinds} no worker${where}:${told.join('')}${more}`,
      hint: 'bring the job files back, start workers for the queues, or take the runs away (belfry bulk)',
    },
  ];
}

function judgeLeaders({ shards }: Fleet): GateReason[] {
  const alone = shards.filter(({ leader }) => leader === undefined).map(({ shard }) => String(shard));
  if (alone.length === 0) return [];
  return [
    {
      check: 'leader',
      says: `nobody leads ${alone.length === 1 ? 'shard' : 'shards'} ${alone.join(', ')}: nothing fires there`,
      hint: 'start a scheduler: belfry start --role scheduler',
    },
  ];
}

function judgeDraining({ workers, now }: Fleet, { maxDrainMs }: GateRules): GateReason[] {
  const late = workers.filter(({ drainingSince }) => drainingSince !== undefined && now - drainingSince > maxDrainMs);
  if (late.length === 0) return [];
  const names = late.slice(0, NAMES_TOLD).map(({ id, pool }) => `${id} of ${pool}`);
  return [
    {
      check: 'drain',
      says: `${late.length} ${late.length === 1 ? 'worker drains' : 'workers drain'} for more than ${formatDuration(maxDrainMs)}: ${names.join(', ')}`,
      hint: 'look at what it runs (belfry runs list --state running), and end its process where that hangs',
    },
  ];
}

/** A backlog that grows by more than a tenth and by more than the slots there are is one that nobody keeps up with. */
function judgeBacklog({ fleet, backlog, earlier }: GateFacts): GateReason[] {
  if (earlier === undefined) return [];
  const growing = [...backlog.queues].flatMap(([queue, ready]) => {
    const before = earlier.queues.get(queue) ?? 0;
    const serving = fleet.workers.filter(
      (worker) => worker.drainingSince === undefined && servesQueue(worker.queues, queue),
    );
    const slots = serving.reduce((sum, worker) => sum + worker.slots, 0);
    return ready - before > Math.max(slots, before * GROWTH_ALLOWED) ? [`${queue} from ${before} to ${ready}`] : [];
  });
  if (growing.length === 0) return [];
  const inMs = backlog.at - earlier.at;
  return [
    {
      check: 'backlog',
      says: `the backlog grows (within ${formatDuration(inMs)}): ${growing.slice(0, NAMES_TOLD).join(', ')}`,
      hint: 'wait until it does not, or scale the pool: belfry queues list',
    },
  ];
}

function judgeEnds({ dead, failing }: GateFacts, { maxDead, maxFailing }: GateRules): GateReason[] {
  const reasons: GateReason[] = [];
  if (dead > maxDead) {
    const letters = `${dead} dead ${dead === 1 ? 'letter' : 'letters'}`;
    reasons.push({
      check: 'dead',
      says: `${letters} since the rollout began, more than ${maxDead}`,
      hint: 'belfry dead list',
    });
  }
  if (failing.length > maxFailing) {
    const names = failing.slice(0, NAMES_TOLD).join(', ');
    reasons.push({
      check: 'failing',
      says: `${failing.length} ${failing.length === 1 ? 'job fails' : 'jobs fail'} since the rollout began, more than ${maxFailing}: ${names}`,
      hint: 'belfry jobs list, and belfry runs list --state dead',
    });
  }
  return reasons;
}
