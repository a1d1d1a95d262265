import { findDependencyFaults, type After } from '../core/after.ts';
import { BelfryError } from '../core/errors.ts';
import type { JobRecord } from '../core/job_record.ts';
import { packKeys } from '../core/limit.ts';
import { packExtras } from '../core/extras.ts';
import { laneOf, packNewRun } from '../core/run.ts';
import { digitsOf } from '../core/run_ids.ts';
import type { Seal } from '../core/seal.ts';
import type { ShardStore, Store } from '../store/store.ts';
import { unknownJob } from './job_records.ts';

/** A job among those that depend on each other. */
export type DependencyNode = {
  job: string;
  /** The jobs that it comes after; none for one that only others come after. */
  after: string[];
  need: After['need'];
  on: After['on'];
  /** Those of them that have come since it last fired. */
  arrived: string[];
};

export type DependenciesClient = {
  /** Every job that comes after another, or that another comes after, by name. */
  graph(): Promise<DependencyNode[]>;
  /** Throws NOT_FOUND. */
  get(job: string): Promise<DependencyNode>;
};

export function createDependenciesClient(store: Store): DependenciesClient {
  return {
    async graph() {
      const [records, arrivals] = await Promise.all([allRecords(store), allArrivals(store)]);
      const parents = new Set(records.flatMap(({ after }) => after?.jobs ?? []));
      return records
        .filter(({ name, after }) => after !== undefined || parents.has(name))
        .map((record) => nodeOf(record, arrivals))
        .sort((a, b) => (a.job < b.job ? -1 : 1));
    },
    async get(job) {
      const shard = store.of(job);
      const [record, arrivals] = await Promise.all([shard.jobs.get(job), shard.dependencies.arrivals()]);
      if (record === undefined) throw await unknownJob(store, job);
      return nodeOf(record, arrivals);
    },
  };
}

function nodeOf({ name, after }: JobRecord, arrivals: ReadonlyMap<string, string[]>): DependencyNode {
  const { jobs = [], need = 'all', on = 'success' } = after ?? {};
  return { job: name, after: jobs, need, on, arrived: arrivals.get(name) ?? [] };
}

async function allRecords(store: Store): Promise<JobRecord[]> {
  const stored = await Promise.all(store.shards.map(({ jobs }) => jobs.all()));
  return stored.flatMap((records) => [...records.values()]);
}

async function allArrivals(store: Store): Promise<Map<string, string[]>> {
  const stored = await Promise.all(store.shards.map(({ dependencies }) => dependencies.arrivals()));
  return new Map(stored.flatMap((arrivals) => [...arrivals]));
}

/** Throws BAD_JOB for a parent that is not there and for a cycle. `known` are jobs that stay as they are. */
export function assertDependencies(records: readonly JobRecord[], known: readonly string[]): void {
  const [fault] = findDependencyFaults(records, known);
  if (fault === undefined) return;
  const { message, hint, field } = fault.error;
  throw new BelfryError('BAD_JOB', `${fault.job}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(field === undefined ? {} : { field }),
  });
}

/**
 * Tells each shard which of its jobs others come after, and which of its jobs come after others. `keep` are jobs that stay
 * as they are stored. Payloads of `records` are signed; those of the others come out of Redis and are not.
 */
export async function saveDependencies(
  store: Store,
  records: readonly JobRecord[],
  { keep, seal }: { keep: readonly string[]; seal: Pick<Seal, 'signSchedule'> },
) {
  const given = new Set(records.map(({ name }) => name));
  const kept = await Promise.all(keep.filter((name) => !given.has(name)).map((name) => store.of(name).jobs.get(name)));
  const all = [...records, ...kept.filter((record) => record !== undefined)];
  const parts = new Map(
    store.shards.map((shard): [ShardStore, Part] => [shard, { dependents: new Map(), after: new Map() }]),
  );
  const partOf = (job: string): Part => parts.get(store.of(job)) as Part;
  for (const record of all) {
    const { name, after } = record;
    if (after === undefined) continue;
    partOf(name).after.set(name, packAfter(record, after, given.has(name) ? seal : undefined));
    const entry = `${name} ${store.of(name).shard.index} ${after.on === 'end' ? 'e' : 's'}`;
    for (const parent of after.jobs) {
      const { dependents } = partOf(parent);
      const before = dependents.get(parent);
      dependents.set(parent, before === undefined ? entry : `${before};${entry}`);
    }
  }
  await Promise.all([...parts].map(([shard, part]) => shard.dependencies.save(part)));
}

type Part = { dependents: Map<string, string>; after: Map<string, string> };

/** `<all|any> <digits> <queue> <lane> <parent,parent> <packed run without its fire time>`, as lua/receive reads it. */
function packAfter(
  record: JobRecord,
  { jobs, need, payload }: NonNullable<JobRecord['after']>,
  seal: Pick<Seal, 'signSchedule'> | undefined,
): string {
  const { name: job, queue, priority, policyRevision: policy, limits } = record;
  const keys = packKeys(limits, payload);
  const payloadJson = JSON.stringify(payload);
  const signature = seal?.signSchedule(job, payloadJson);
  const extras = signature === undefined ? '' : packExtras({ signature });
  const packed = packNewRun({ job, queue, priority, policy, keys, extras, payloadJson });
  return [need, digitsOf(job), queue, laneOf(job, priority, keys), jobs.join(','), packed].join(' ');
}
