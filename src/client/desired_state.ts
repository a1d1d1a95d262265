import type { JobDefinition } from '../core/definition.ts';
import { recordOf, type JobRecord } from '../core/job_record.ts';
import { signRule } from '../core/rule_text.ts';
import type { CalendarRule } from '../core/schedule.ts';
import type { Seal } from '../core/seal.ts';
import type { Store } from '../store/store.ts';
import { deploymentOf, withDeployment, type Deployment } from './deployment.ts';
import { KEPT_PREFIX } from './file_calendars.ts';

/** A jobs folder as a registration is given it. */
export type DesiredState = {
  definitions: readonly JobDefinition[];
  /** Names that are left as they are: jobs and `_calendars/NAME` whose file is broken at the moment. A typo must not prune. */
  keep: readonly string[];
  /** Calendars of the jobs folder, by name. Those of files that are gone are removed, those of people stay. */
  calendars: ReadonlyMap<string, CalendarRule>;
};

/** What becomes of stored jobs and calendars whose file is not there. */
export type Prune = 'missing' | 'nothing';

export type RecordsContext = { deployment: Deployment; seal: Pick<Seal, 'signSchedule'> };

/** Records as definitions give them (`plain`), and as they are stored: with their deployment and their signature. */
export function recordsOf(
  definitions: readonly JobDefinition[],
  { deployment, seal }: RecordsContext,
): { plain: JobRecord[]; stored: JobRecord[] } {
  const plain = definitions.map(recordOf);
  const name = deploymentOf(plain, deployment);
  return { plain, stored: plain.map((record) => withSignature(withDeployment(record, name), seal)) };
}

function withSignature(record: JobRecord, { signSchedule }: RecordsContext['seal']): JobRecord {
  const { name, ruleJson } = record;
  if (ruleJson === undefined) return record;
  return { ...record, ruleJson: signRule(ruleJson, (payloadJson) => signSchedule(name, payloadJson)) };
}

/** The state with every stored job and calendar kept that it does not name. */
export async function withoutPruning(store: Store, state: DesiredState): Promise<DesiredState> {
  const named = new Set(state.definitions.map(({ name }) => name));
  const kept = new Set(state.keep);
  for (const { shard, calendars } of store.shards) {
    for (const job of await shard.connection.hkeys(shard.key('jobs'))) if (!named.has(job)) kept.add(job);
    for (const calendar of (await calendars.all()).keys()) kept.add(`${KEPT_PREFIX}${calendar}`);
  }
  return { ...state, keep: [...kept] };
}
