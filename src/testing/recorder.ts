import type { BatchRun, ChildResult, EnqueueOptions, Json, SpawnOptions } from '../core/job.ts';
import type { Child } from '../store/children.ts';
import type { ContextDeps } from '../worker/context.ts';
import type { LoggedLine } from './log_line.ts';

/** A run that a handler has asked for; `call` counts the calls that did, from 1. */
export type Wanted<Options> = { id: string; job: string; payload: Json; options: Options; call: number };

/** What a handler did with its context. */
export type AttemptRecord = {
  logs: LoggedLine[];
  enqueued: Wanted<EnqueueOptions>[];
  spawned: Wanted<SpawnOptions>[];
  addedToBatch: BatchRun[];
  /** What `checkpoint` was called with, in order. */
  checkpoints: Json[];
  /** Results of the effects that `once` has performed, by key. */
  effects: Record<string, Json | undefined>;
};

/** The parts of a handler's context that lead out of it, which write down what they are asked for. A gather is given the `children`. */
export function createRecorder(children: readonly ChildResult[] = []): { record: AttemptRecord; deps: ContextDeps } {
  const record: AttemptRecord = { logs: [], enqueued: [], spawned: [], addedToBatch: [], checkpoints: [], effects: {} };
  let calls = 0;
  let runs = 0;

  const want = <Options>(
    list: Wanted<Options>[],
    job: string,
    payloads: Json[],
    options: Options,
  ): Promise<string[]> => {
    calls += 1;
    const made = payloads.map((payload) => ({
      id: `${job}-${(runs += 1)}`,
      job,
      payload: asJson(payload),
      options,
      call: calls,
    }));
    list.push(...made);
    return Promise.resolve(made.map(({ id }) => id));
  };
  const note: ContextDeps['writeNote'] = (_live, field, value) => {
    const read = value === '' ? undefined : (JSON.parse(value) as Json);
    if (field.startsWith(EFFECT)) record.effects[field.slice(EFFECT.length)] = read;
    else record.checkpoints.push(read ?? null);
    return Promise.resolve();
  };
  return {
    record,
    deps: {
      enqueueMany: (job, payloads, options = {}) => want(record.enqueued, job, payloads, options),
      writeLog: (_live, level, message, fields) => void record.logs.push({ level, message, fields }),
      writeNote: note,
      kin: {
        spawn: (_parent, { job, payloads, options }) => want(record.spawned, job, payloads, options),
        addToBatch: ({ runs: added }) => {
          record.addedToBatch.push(...added);
          return Promise.resolve(added.map(({ job }) => `${job}-${(runs += 1)}`));
        },
        storedResult: (child) => Promise.resolve({ result: child.result }),
        childrenOf: () => ({ of: () => Promise.resolve(children.map(storedChild)) }),
      },
    },
  };
}

const EFFECT = 'once:';

function storedChild({ id, job, state, result, error, inlined }: ChildResult, number: number): Child {
  const body = { ...(error === undefined ? { result } : { error }), ...(inlined ? {} : { large: true }) };
  return { id, job, number, state, bodyJson: JSON.stringify(body) };
}

/** What earlier attempts have left. */
export function notesOf(checkpointed: Json | undefined, completed: Record<string, Json> = {}): NotesByField {
  const effects = Object.entries(completed).map(([key, result]) => [EFFECT + key, JSON.stringify(result)]);
  return {
    ...(checkpointed === undefined ? {} : { checkpoint: JSON.stringify(checkpointed) }),
    ...(Object.fromEntries(effects) as NotesByField),
  };
}

type NotesByField = Record<string, string>;

const asJson = (payload: Json | undefined): Json => JSON.parse(JSON.stringify(payload ?? null)) as Json;
