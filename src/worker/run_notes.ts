import { BelfryError, NonRetryableError } from '../core/errors.ts';
import type { Json, RunContext } from '../core/job.ts';

/** What a run remembers of its earlier attempts. */
export type RunMemory = {
  /** Stays the same over attempts and redrives; what an idempotency key begins with. */
  origin: string;
  /** Texts by field, as Redis keeps them. */
  notes: Readonly<Record<string, string>>;
};

/** Keeps one note; rejects when it is not known to be kept. */
export type WriteNote = (field: string, value: string) => Promise<void>;

/** The part of a handler's context that outlives the attempt. */
export type RunNotes = Pick<RunContext, 'checkpoint' | 'once'> & {
  checkpointed(): Json | undefined;
  /** Resolves when nothing is being written any more; never rejects. */
  idle(): Promise<void>;
};

const CHECKPOINT = 'checkpoint';
const MAX_CHECKPOINT_BYTES = 64 * 1024;
const MAX_RESULT_BYTES = 16 * 1024;
const MAX_KEY_CHARACTERS = 200;

export function createRunNotes({ origin, notes }: RunMemory, write: WriteNote): RunNotes {
  const busy = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    const done = work
      .catch(() => undefined) // whoever waits hears of it; a handler that does not wait must not end its process
      .finally(() => busy.delete(done));
    busy.add(done);
    return work;
  };
  const checkpoints = createCheckpoints(notes[CHECKPOINT], (json) => write(CHECKPOINT, json));
  const once = createOnce({ origin, notes }, (field, value) => track(write(field, value)));
  return {
    checkpoint: (value) => track(checkpoints.set(value)),
    checkpointed: checkpoints.latest,
    once,
    async idle() {
      while (busy.size > 0) await Promise.all(busy);
    },
  };
}

/** One write at a time; values that come meanwhile replace each other, and each call waits for its value or a later one. */
function createCheckpoints(first: string | undefined, write: (json: string) => Promise<void>) {
  let latest = first;
  let writing: Promise<void> | undefined;
  let following: Promise<void> | undefined;

  const send = (): Promise<void> => {
    following = undefined;
    writing = write(latest as string).finally(() => (writing = undefined));
    return writing;
  };
  return {
    latest: (): Json | undefined => (latest === undefined ? undefined : (JSON.parse(latest) as Json)),
    async set(value: Json): Promise<void> {
      latest = encode(value, 'the checkpoint', MAX_CHECKPOINT_BYTES);
      if (writing === undefined) return send();
      following ??= writing.then(send, send);
      return following;
    },
  };
}

function createOnce({ origin, notes }: RunMemory, write: WriteNote): RunContext['once'] {
  const calls = new Map<string, Promise<string>>();

  const perform = async (key: string, effect: (idempotencyKey: string) => unknown): Promise<string> => {
    const result = await effect(`${origin}:${key}`);
    const json = encodeResult(result, key);
    await write(fieldOf(key), json);
    return json;
  };
  return async (key, effect) => {
    assertKey(key);
    const noted = notes[fieldOf(key)];
    if (noted !== undefined) return decode(noted) as never;
    let call = calls.get(key);
    if (call === undefined) {
      call = perform(key, effect);
      calls.set(key, call);
      // What failed may be tried again by the same attempt.
      call.catch(() => calls.delete(key));
    }
    return decode(await call) as never;
  };
}

const fieldOf = (key: string): string => `once:${key}`;

function assertKey(key: unknown): void {
  if (typeof key === 'string' && key !== '' && key.length <= MAX_KEY_CHARACTERS) return;
  throw new BelfryError('BAD_USAGE', `once() was called with the key ${JSON.stringify(key)?.slice(0, 300)}`, {
    field: 'key',
    hint: `a text of 1 to ${MAX_KEY_CHARACTERS} characters that names the effect within the run, such as 'charge'`,
  });
}

/** The effect has happened; another attempt would only do it again. */
function encodeResult(result: unknown, key: string): string {
  try {
    return result === undefined ? '' : encode(result as Json, `the result of once('${key}')`, MAX_RESULT_BYTES);
  } catch (error) {
    const { message, hint } = error as BelfryError;
    throw new NonRetryableError(message, { cause: error, ...(hint === undefined ? {} : { hint }) });
  }
}

function decode(json: string): unknown {
  return json === '' ? undefined : (JSON.parse(json) as unknown);
}

function encode(value: Json, what: string, maxBytes: number): string {
  const json = toJson(value);
  if (json === undefined) {
    throw new BelfryError('BAD_USAGE', `${what} is not JSON`, {
      hint: 'null, numbers, texts, booleans, lists and plain objects of these',
    });
  }
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxBytes) return json;
  throw new BelfryError('NOTE_TOO_LARGE', `${what} takes ${bytes} bytes, and ${maxBytes} are kept`, {
    hint: 'keep a position or an id, and the rest where it belongs',
  });
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
