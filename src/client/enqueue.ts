import { uuidv7 } from 'uuidv7';
import type { JobDefinition } from '../core/definition.ts';
import { BelfryError, messageOf } from '../core/errors.ts';
import { packExtras, type Extras } from '../core/extras.ts';
import type { EnqueueOptions, Json } from '../core/job.ts';
import type { JobRecord } from '../core/job_record.ts';
import { assertKnownKeys } from '../core/known_keys.ts';
import { needsPayload, packKeys } from '../core/limit.ts';
import { assertPriority } from '../core/policy.ts';
import { quote } from '../core/quote.ts';
import { laneOf, packBody, packOpenHead, packRunHead } from '../core/run.ts';
import { firstIdOf, idsFrom } from '../core/run_ids.ts';
import { sealRun, type Seal } from '../core/seal.ts';
import { boundsOf } from '../core/start_bounds.ts';
import { parseLength } from '../core/time/duration.ts';
import { assertTraceparent, type OfferTracing } from '../core/tracing.ts';
import type { Clock, DurationMs } from '../core/time/units.ts';
import type { UniqueRule } from '../core/unique.ts';
import type { EnqueueGroup } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { Enqueued } from '../store/unique_runs.ts';
import { createJobRecords } from './job_records.ts';
import { outcomesOf, send, standingIds, type Sent } from './send_runs.ts';
import { uniqueExtraOf, uniqueRuleOf } from './unique_key.ts';
import { resending } from './resending.ts';

export type EnqueueDeps = {
  store: Store;
  clock: Clock;
  maxPayloadBytes: number;
  /** Code of this process, where it has some: payloads are checked against it before they are stored. */
  definition: (job: string) => JobDefinition | undefined;
  seal: Seal;
  tracing: OfferTracing;
};

export type EnqueueTold = (job: string, payloads: Json[], options?: EnqueueOptions) => Promise<Enqueued[]>;
export type Enqueue = (job: string, payloads: Json[], options?: EnqueueOptions) => Promise<string[]>;

/** Runs per script call: enough to spread the round trip, few enough not to hold Redis up for more than a few ms. */
const CHUNK = 500;
const OPTIONS: readonly (keyof EnqueueOptions)[] = [
  'delay',
  'priority',
  'id',
  'unique',
  'deadline',
  'expiry',
  'traceparent',
];
/** Without `@`: that is how the ids of scheduled runs are told, and one of theirs must not be taken. */
const ID_PATTERN = /^[\w./:+-]{1,200}$/;

/**
 * Enqueues runs of one job, in order, and resolves with their ids. A call whose answer is lost is sent again with the
 * same ids, which changes nothing if it had been applied.
 * Throws NOT_FOUND, BAD_PAYLOAD, PAYLOAD_TOO_LARGE, BAD_USAGE, REDIS_FULL, REDIS_UNAVAILABLE.
 */
export function createEnqueue(deps: EnqueueDeps): Enqueue {
  const dispatch = createDispatch(deps);
  return async (job, payloads, options = {}) => {
    const { ids, sent } = await dispatch(job, payloads, options);
    return standingIds(ids, sent);
  };
}

/** The same, told what became of each: a run was made, or another one with the same unique key or own id stands for it. */
export function createEnqueueTold(deps: EnqueueDeps): EnqueueTold {
  const dispatch = createDispatch(deps);
  return async (job, payloads, options = {}) => {
    const { ids, sent } = await dispatch(job, payloads, options);
    return outcomesOf(ids, sent);
  };
}

type Dispatch = (job: string, payloads: Json[], options: EnqueueOptions) => Promise<{ ids: string[]; sent: Sent[] }>;

function createDispatch(deps: EnqueueDeps): Dispatch {
  const prepare = createPrepare(deps);
  const dispatch: Dispatch = async (job, payloads, options) => {
    const { groups, ids, mode } = await prepare(job, payloads, options);
    return { ids, sent: await Promise.all(chunksOf(groups).map((part) => send(deps.store.of(job), part, mode))) };
  };
  return async (job, payloads, options) => {
    assertCall(job, payloads, options);
    const tracing = options.traceparent === undefined ? deps.tracing() : undefined;
    if (tracing === undefined) return dispatch(job, payloads, options);
    return tracing.produce({ job, count: payloads.length }, (traceparent) =>
      dispatch(job, payloads, traceparent === undefined ? options : { ...options, traceparent }),
    );
  };
}

/** What a caller without types may have got wrong: nothing of it is left out in silence. Throws BAD_USAGE. */
function assertCall(job: unknown, payloads: unknown, options: unknown): void {
  if (typeof job !== 'string' || job === '') {
    throw new BelfryError('BAD_USAGE', `the job is ${quote(job)}`, { field: 'job', hint: 'such as "partners/poll"' });
  }
  if (!Array.isArray(payloads)) {
    throw new BelfryError('BAD_USAGE', `payloads is ${quote(payloads)}`, { field: 'payloads', hint: 'a list' });
  }
  assertEnqueueOptions(options, 'options');
}

/** Throws BAD_USAGE for an option that there is not. */
export function assertEnqueueOptions(options: unknown, field: string): void {
  assertKnownKeys(options, OPTIONS, { code: 'BAD_USAGE', field });
}

/** Runs of one job, ready to be sent to its shard. */
export type Prepared = { groups: EnqueueGroup[]; ids: string[]; mode: 'fresh' | 'own' };

/** `parent`: from packParent, for the child of a run and for a run of a batch. */
export type PrepareOptions = EnqueueOptions & { parent?: string };

/** Checks runs of one job and packs them. */
export function createPrepare(
  deps: EnqueueDeps,
): (job: string, payloads: Json[], options: PrepareOptions) => Promise<Prepared> {
  const recordOfJob = createJobRecords(deps);
  return async (job, payloads, options) => {
    const record = await resending(() => recordOfJob(job));
    const delayMs = options.delay === undefined ? 0 : parseLength(options.delay, 'delay');
    const priority = options.priority === undefined ? record.priority : assertPriority(options.priority, 'priority');
    const place = { job, queue: record.queue, priority, policy: record.policyRevision };
    const lanes = createLanes(
      record,
      { ...place, delayMs, extras: extrasOf(options, record), seal: deps.seal },
      uniqueRuleOf(options, record),
    );
    const validate = deps.definition(job)?.validate;
    for (const payload of payloads) {
      const payloadJson = encodePayload(deps.maxPayloadBytes, job, payload);
      const checked = validate?.(payload);
      if (checked instanceof Promise) await checked;
      lanes.add(payload, payloadJson);
    }
    const { groups, ids } = lanes.close(() => newId(job, options.id, payloads.length));
    return { groups, ids, mode: options.id === undefined ? 'fresh' : 'own' };
  };
}

function extrasOf({ traceparent, parent, deadline, expiry }: PrepareOptions, { bounds }: JobRecord): Extras {
  const isBound = deadline !== undefined || expiry !== undefined || bounds !== undefined;
  return {
    ...(isBound ? boundsOf({ deadline, expiry }, bounds) : {}),
    ...(traceparent === undefined ? {} : { traceparent: assertTraceparent(traceparent) }),
    ...(parent === undefined ? {} : { parent }),
  };
}

type Place = {
  job: string;
  queue: string;
  priority: number;
  policy: string;
  delayMs: DurationMs;
  extras: Extras;
  seal: Seal;
};

/** Puts payloads into groups by their limit keys, as they come: the runs of one group share a lane. */
function createLanes({ limits }: JobRecord, { delayMs, extras, seal, ...place }: Place, rule: UniqueRule | undefined) {
  const byKeys = new Map<string, { keys: string; unique: string | undefined; payloads: string[]; at: number[] }>();
  const isKeyed = needsPayload(limits);
  let count = 0;
  return {
    add(payload: Json, payloadJson: string): void {
      const keys = isKeyed ? packKeys(limits, payload) : '';
      const name = rule === undefined ? keys : String(count);
      let lane = byKeys.get(name);
      if (!lane) {
        const unique = rule && uniqueExtraOf(rule, payload);
        byKeys.set(name, (lane = { keys, unique, payloads: [], at: [] }));
      }
      lane.payloads.push(payloadJson);
      lane.at.push(count);
      count += 1;
    },
    /** The groups, of CHUNK runs at the most, and the ids of all runs in the order in which they were added. */
    close(nextId: () => string): { groups: EnqueueGroup[]; ids: string[] } {
      const ids = new Array<string>(count);
      const groups: EnqueueGroup[] = [];
      for (const { keys, unique, payloads, at } of byKeys.values()) {
        const ownExtras = unique === undefined ? extras : { ...extras, unique };
        const lane = laneOf(place.job, place.priority, keys);
        const head = seal.closes
          ? packOpenHead({ ...place, keys })
          : packRunHead({ ...place, keys, extras: packExtras(ownExtras) });
        for (let from = 0; from < payloads.length; from += CHUNK) {
          const part = payloads.slice(from, from + CHUNK);
          const firstId = nextId();
          const partIds = idsFrom(firstId, part.length);
          partIds.forEach((id, i) => (ids[at[from + i] as number] = id));
          const bodies = seal.closes
            ? part.map((json, i) =>
                packBody(sealRun(seal, { id: partIds[i] as string, job: place.job, extras: ownExtras }, json)),
              )
            : part;
          const group = { queue: place.queue, lane, delayMs, head, firstId, payloads: bodies };
          groups.push(unique === undefined ? group : { ...group, unique: rule as UniqueRule });
        }
      }
      return { groups, ids };
    },
  };
}

/** Groups for one call each: many small ones go together. */
export function chunksOf(groups: EnqueueGroup[]): EnqueueGroup[][] {
  const chunks: EnqueueGroup[][] = [];
  let room = 0;
  for (const group of groups) {
    const size = group.payloads.length;
    if (size > room) {
      chunks.push([]);
      room = CHUNK;
    }
    chunks.at(-1)?.push(group);
    room -= size;
  }
  return chunks;
}

function newId(job: string, own: string | undefined, count: number): string {
  if (own === undefined) return firstIdOf(uuidv7(), job);
  if (count !== 1) throw new BelfryError('BAD_USAGE', 'an own id goes with one payload', { field: 'id' });
  return assertOwnId(own, 'run');
}

/** An id that somebody has chosen, as it is. Throws BAD_USAGE. */
export function assertOwnId(own: string, what: 'run' | 'batch'): string {
  if (ID_PATTERN.test(own)) return own;
  throw new BelfryError('BAD_USAGE', `${what} id ${JSON.stringify(own.slice(0, 80))} cannot be used`, {
    field: 'id',
    hint: '1 to 200 characters out of letters, digits and _ . / : + -',
  });
}

function toJson(job: string, payload: Json): string {
  const field = 'payload';
  const hint = 'objects, arrays, strings, finite numbers, booleans and null';
  let json: string | undefined;
  try {
    json = JSON.stringify(payload ?? null) as string | undefined;
  } catch (cause) {
    throw new BelfryError('BAD_PAYLOAD', `the payload of ${job} is not JSON: ${messageOf(cause)}`, {
      field,
      hint,
      cause,
    });
  }
  if (json === undefined) throw new BelfryError('BAD_PAYLOAD', `the payload of ${job} is not JSON`, { field, hint });
  return json;
}

/** JSON of a payload, checked for size. Throws BAD_PAYLOAD, PAYLOAD_TOO_LARGE. */
function encodePayload(maxBytes: number, job: string, payload: Json): string {
  const json = toJson(job, payload);
  // No UTF-16 unit takes more than three bytes of UTF-8.
  const bytes = json.length > maxBytes / 3 ? Buffer.byteLength(json) : json.length;
  if (bytes > maxBytes) {
    throw new BelfryError(
      'PAYLOAD_TOO_LARGE',
      `the payload of ${job} has ${bytes} bytes; at most ${maxBytes} are kept`,
      {
        field: 'payload',
        hint: 'store the data elsewhere and enqueue its key, or raise BELFRY_PAYLOAD_MAX (as a library: payloadMax)',
      },
    );
  }
  return json;
}

/** JSON of a payload, checked for size and, where this process has the job's code, against its schema. */
export function checkPayload(
  deps: Pick<EnqueueDeps, 'maxPayloadBytes' | 'definition'>,
  job: string,
  payload: Json,
): Promise<string> | string {
  const json = encodePayload(deps.maxPayloadBytes, job, payload);
  const checked = deps.definition(job)?.validate(payload);
  return checked instanceof Promise ? checked.then(() => json) : json;
}
