import { findUncovered, type Uncovered } from '../core/rollout/coverage.ts';
import { beginningOf, newestVersion } from '../core/rollout/fleet.ts';
import { judgeGate, type Backlog, type GateRules, type GateVerdict } from '../core/rollout/gate.ts';
import { describeRollout, type RolloutStatus } from '../core/rollout/progress.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Store } from '../store/store.ts';
import { readQueued } from './queued.ts';
import { backlogOf, countDead, readFailing, readFleet, readScheduledQueues } from './rollout_facts.ts';

export type GateRequest = GateRules & {
  /** The version that must be able to do the work; undefined: whatever lives. */
  version?: string | undefined;
  /** When the rollout began; undefined: when the first worker of the newest version started. */
  since?: EpochMs | undefined;
  /** The backlog of the look before: without it, nothing is said about its growth. */
  earlier?: Backlog | undefined;
};

export type GateAnswer = GateVerdict & {
  version: string | undefined;
  since: EpochMs | undefined;
  backlog: Backlog;
  /** `part`: there are more runs or schedules than were looked at. */
  seen: 'all' | 'part';
};

export type RolloutClient = {
  /** Which versions live and lead, and how far the newest one is; `version`: how far that one is. */
  status(version?: string): Promise<RolloutStatus>;
  /** Whether the rollout may go on. One look; the cost is bounded. */
  gate(request: GateRequest): Promise<GateAnswer>;
  /** Unfinished runs and schedules that no worker could take on that has code for just these jobs. */
  uncoveredBy(jobs: readonly string[]): Promise<Uncovered[]>;
};

export function createRolloutClient(store: Store): RolloutClient {
  return {
    async status(version) {
      return describeRollout(await readFleet(store), version);
    },
    async gate({ version, since: said, earlier, ...rules }) {
      const [fleet, queued, planned] = await Promise.all([
        readFleet(store),
        readQueued(store),
        readScheduledQueues(store),
      ]);
      const since = said ?? beginningOf(version ?? newestVersion(fleet), fleet);
      const [dead, failing] = await Promise.all([countDead(store, since), readFailing(store, since)]);
      const backlog = { at: fleet.now, queues: backlogOf(queued.kinds) };
      const { kinds } = queued;
      const facts = { fleet, version, kinds, scheduled: planned.scheduled, backlog, earlier, dead, failing };
      const seen = queued.seen === 'all' && planned.seen === 'all' ? 'all' : 'part';
      return { ...judgeGate(facts, rules), version, since, backlog, seen };
    },
    async uncoveredBy(jobs) {
      const [queued, planned] = await Promise.all([readQueued(store), readScheduledQueues(store)]);
      const crews = [{ queues: ['*'], jobs: new Set(jobs) }];
      // The schedule of a job goes with its file; those of the API go on.
      const scheduled = planned.scheduled.filter(({ others }) => others > 0);
      return findUncovered({ kinds: queued.kinds, scheduled, crews });
    },
  };
}
