import { BelfryError } from '../core/errors.ts';
import type { BatchRun, ChildResult, Json, RunContext, SpawnOptions } from '../core/job.ts';
import {
  batchOf,
  childrenStage,
  type BatchRequest,
  type Gathered,
  type Spawner,
  type SpawnRequest,
} from '../core/kin.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import type { RunError, Settlement } from '../core/run.ts';
import type { Child, ChildrenStore } from '../store/children.ts';
import type { LiveAttempt } from './live_attempt.ts';

/** What an attempt asks for runs that are kin to its own: its children, and the others of its batch. */
export type KinDeps = {
  spawn: (parent: Spawner, wanted: SpawnRequest) => Promise<string[]>;
  addToBatch: (wanted: BatchRequest) => Promise<string[]>;
  childrenOf: (job: string) => Pick<ChildrenStore, 'of'>;
  /** What the history keeps of a child; undefined once it has let go of it. */
  storedResult: (child: ChildResult) => Promise<{ result: unknown } | undefined>;
};

export type SpawnWords = { job: string; payloads: Json[]; options: SpawnOptions & { traceparent?: string } };

const SPAWN_WORDS: readonly (keyof SpawnWords['options'])[] = ['delay', 'priority', 'key', 'traceparent'];

/** Adds children to the run of an attempt. Throws BAD_USAGE in a gather: the run waits for children once. */
export async function spawnChildren(live: LiveAttempt, words: SpawnWords, deps: KinDeps): Promise<string[]> {
  const { run, token } = live.attempt;
  if (childrenStage(run.extras) === 'gather') {
    throw new BelfryError('BAD_USAGE', 'a gather cannot spawn children: its run has waited for its children', {
      field: 'spawn',
      hint: 'enqueue the runs, or let the children spawn children of their own',
    });
  }
  assertKnownKeys(words.options, SPAWN_WORDS, { code: 'BAD_USAGE', field: 'options' });
  const from = live.spawned;
  live.spawned += words.payloads.length;
  return deps.spawn({ id: run.id, job: run.job, token }, { ...words, from });
}

/** The handler's view of its batch; undefined for a run of none. */
export function batchView(live: LiveAttempt, add: (runs: BatchRun[]) => Promise<string[]>): RunContext['batch'] {
  const id = batchOf(live.attempt.run.extras);
  return id === undefined ? undefined : { id, add };
}

/** The nth call of an attempt is the same as the nth call of the attempt before: what was added then is not added again. */
export async function addToOwnBatch(live: LiveAttempt, runs: BatchRun[], { addToBatch }: KinDeps): Promise<string[]> {
  const { id, extras } = live.attempt.run;
  const batch = batchOf(extras);
  if (batch === undefined) throw new BelfryError('BAD_USAGE', `run ${id} belongs to no batch`, { field: 'batch' });
  live.added += 1;
  return addToBatch({ batch, runs, call: `${id}:${live.added}` });
}

/** After a handler that has returned: the end of the run, unless it waits for children or has a gather, called for none too. */
export function afterSuccess({ attempt, definition, logged, spawned }: LiveAttempt, bodyJson: string): Settlement {
  const stage = childrenStage(attempt.run.extras);
  const isFirstPart = spawned > 0 || stage === 'run' || (stage === 'none' && definition.gather !== undefined);
  if (!isFirstPart) return { outcome: 'succeeded', bodyJson, logged };
  const next = definition.gather === undefined ? 'finish' : 'gather';
  return { outcome: 'spawned', bodyJson, logged, next, children: definition.children };
}

/** What became of the children, for the gather of their run. */
export async function gatherChildren({ attempt: { run } }: LiveAttempt, { childrenOf }: KinDeps): Promise<Gathered> {
  const children = (await childrenOf(run.job).of(run.id)).map(readResult);
  return {
    results: children.filter(({ state }) => state === 'succeeded'),
    failures: children.filter(({ state }) => state !== 'succeeded'),
  };
}

function readResult({ id, job, state = 'cancelled', bodyJson }: Child): ChildResult {
  const body = JSON.parse(bodyJson === '' ? '{}' : bodyJson) as { result?: Json; error?: RunError; large?: true };
  const { result, error } = body;
  return {
    id,
    job,
    state,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error: withoutStack(error) }),
    inlined: body.large !== true,
  };
}

function withoutStack({ name, message, code }: RunError): NonNullable<ChildResult['error']> {
  return code === undefined ? { name, message } : { name, message, code };
}

/** See GatherContext. */
export async function resultOfChild(child: ChildResult, { storedResult }: KinDeps): Promise<Json | undefined> {
  if (child.inlined) return child.result;
  const found = await storedResult(child);
  if (found !== undefined) return found.result as Json | undefined;
  throw new BelfryError('NOT_FOUND', `the child ${child.id} is not in the history of ${child.job} any more`, {
    hint: 'let a child with a large result store it elsewhere and return its key, or keep more history',
  });
}
