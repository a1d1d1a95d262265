import { unpackExtras } from './extras.ts';
import type { BatchRun, ChildResult, Json, SpawnOptions } from './job.ts';

/** A run that spawns: the token says that its attempt is still the one that holds it. */
export type Spawner = { id: string; job: string; token: string };

/** Children to add. `from`: how many the attempt has added before, which names those without a key. */
export type SpawnRequest = {
  job: string;
  payloads: Json[];
  options: SpawnOptions & { traceparent?: string };
  from: number;
};

/** Runs that a run adds to its own batch; `call` tells this call from others, over attempts. */
export type BatchRequest = { batch: string; runs: BatchRun[]; call: string };

/** What a gather handler is given beside its context. */
export type Gathered = { results: ChildResult[]; failures: ChildResult[] };

/** `r<shard>:<run>` for the child of a run, `b<shard>:<batch>` for a run of a batch: the extra `parent`. */
export function packParent(kind: 'run' | 'batch', shard: number, id: string): string {
  return `${kind === 'run' ? 'r' : 'b'}${shard}:${id}`;
}

/** The batch that a run with these extras belongs to. */
export function batchOf(extras: string): string | undefined {
  const parent = extras === '' ? undefined : unpackExtras(extras).parent;
  return parent?.startsWith('b') === true ? parent.slice(parent.indexOf(':') + 1) : undefined;
}

/** `run`: it has spawned children in an earlier attempt; `gather`: they are over. Told without unpacking: each attempt asks. */
export function childrenStage(extras: string): 'none' | 'run' | 'gather' {
  if (extras === '' || !`;${extras}`.includes(';c=')) return 'none';
  return `;${extras}`.includes(';c=gather') ? 'gather' : 'run';
}
