import { BelfryError, type ErrorCode } from './errors.ts';
import { unpackExtras } from './extras.ts';
import type { Json } from './job.ts';
import { compileTemplate, keyOf } from './key_template.ts';
import { assertKnownKeys, readWord } from './known_keys.ts';
import { formatDuration, parseDuration } from './time/duration.ts';
import type { Duration, DurationMs } from './time/units.ts';
import type { UniqueMode, UniqueSpec } from './unique_spec.ts';

/** What an enqueue of a key does while another run has it. Compiled from a UniqueSpec, kept with the job. */
export type UniqueRule = {
  mode: UniqueMode;
  /** Template of the key; undefined for the whole payload. */
  key?: string;
  /** How long a key is taken at the most (`unique`), taken (`throttle`) or quiet (`debounce`). */
  forMs?: DurationMs;
  /** `debounce`: the run waits no longer than this after the first enqueue. */
  maxWaitMs?: DurationMs;
};

/** What became of an enqueue: a run was made, or the id is of the run that stands for it. */
export type EnqueueOutcome = 'enqueued' | 'duplicate' | 'replaced' | 'moved';

/** Where a UniqueSpec was written: a job's (BAD_JOB) or an enqueue's (BAD_USAGE). */
export type UniqueSite = { code: Extract<ErrorCode, 'BAD_JOB' | 'BAD_USAGE'>; field: string };

const KEYS = ['key', 'mode', 'for', 'maxWait'] as const satisfies readonly (keyof UniqueSpec<Json>)[];
const MODES = ['unique', 'throttle', 'debounce', 'replace'] as const satisfies readonly UniqueMode[];
const HINT = "unique: { key: 'invoice:{invoice}', mode: 'debounce', for: '5s', maxWait: '1m' }";

/** Throws the site's code or BAD_DURATION, naming the field. */
export function compileUnique(spec: unknown, site: UniqueSite): UniqueRule {
  if (typeof spec !== 'object' || spec === null) throw badUnique(site, 'is not an object');
  assertKnownKeys(spec, KEYS, site);
  const { key, mode, for: length, maxWait } = spec as UniqueSpec<Json>;
  const rule: UniqueRule = {
    mode: readWord(mode, MODES, { ...site, field: `${site.field}.mode` }) ?? 'unique',
    ...(key === undefined ? {} : { key: compileKeyAt(key, site) }),
    ...lengthOf(length, 'for', site),
    ...lengthOf(maxWait, 'maxWait', site),
  };
  assertSense(rule, site);
  return rule;
}

function compileKeyAt(key: unknown, { code, field }: UniqueSite): string {
  try {
    return compileTemplate(key, `${field}.key`);
  } catch (error) {
    const { message, hint = '' } = error as BelfryError;
    throw new BelfryError(code, message, { field: `${field}.key`, hint });
  }
}

type LengthName = 'for' | 'maxWait';

function lengthOf(length: Duration | undefined, name: LengthName, site: UniqueSite): Partial<UniqueRule> {
  if (length === undefined) return {};
  const ms = parseDuration(length, `${site.field}.${name}`);
  if (ms === 0) throw badUnique(site, `has a ${name} of nothing`);
  return name === 'for' ? { forMs: ms } : { maxWaitMs: ms };
}

function assertSense({ mode, forMs, maxWaitMs }: UniqueRule, site: UniqueSite): void {
  const needsLength = mode === 'throttle' || mode === 'debounce';
  if (needsLength && forMs === undefined) throw badUnique(site, `has mode ${mode} without a \`for\``);
  if (mode === 'replace' && forMs !== undefined) {
    throw badUnique(site, 'has mode replace with a `for`: a key is taken until its run starts');
  }
  if (maxWaitMs === undefined) return;
  if (mode !== 'debounce') throw badUnique(site, `has a maxWait, which goes with mode debounce`);
  if (maxWaitMs < (forMs ?? 0))
    throw badUnique(site, `has a maxWait below its \`for\` of ${formatDuration(forMs ?? 0)}`);
}

function badUnique({ code, field }: UniqueSite, what: string): BelfryError {
  return new BelfryError(code, `${field} ${what}`, { field, hint: HINT });
}

/** The options of an enqueue as they can be handed to another thread: a function that names a key becomes its template. */
export function withoutCode<Options extends { unique?: UniqueSpec<Json> | false }>(options: Options): Options {
  const { unique } = options;
  if (unique === undefined || unique === false || typeof unique.key !== 'function') return options;
  return { ...options, unique: { ...unique, key: compileKeyAt(unique.key, { code: 'BAD_USAGE', field: 'unique' }) } };
}

/** Whether a run that is made again by hand takes its key again: it does where it has the key until it ends. */
export function retakesKey(packed: string | undefined): boolean {
  return packed !== undefined && ['unique', 'replace'].includes(unpackUnique(packed).mode);
}

/**
 * The key of one payload; undefined where the payload lacks a field of the template, and then its run has no such key.
 * `digest` is told the payload as text that is the same for equal payloads. Throws BAD_PAYLOAD as keyOf does.
 */
export function uniqueKeyOf({ key }: UniqueRule, payload: Json, digest: (text: string) => string): string | undefined {
  // No key of a template has a #: it would be encoded.
  return key === undefined ? `#${digest(canonicalJson(payload))}` : keyOf(key, payload);
}

/** As a run carries it: the first letter of the mode says what a retry by hand is to mind. */
export function packUnique({ mode }: Pick<UniqueRule, 'mode'>, key: string): string {
  return mode.charAt(0) + key;
}

export function unpackUnique(packed: string): { mode: UniqueMode; key: string } {
  const mode = MODES.find((word) => word.startsWith(packed.charAt(0))) ?? 'unique';
  return { mode, key: packed.slice(1) };
}

/** The key that a run is the only one of; undefined for none. */
export function keyOfRun({ extras }: { extras: string }): string | undefined {
  const { unique } = extras === '' ? {} : unpackExtras(extras);
  return unique === undefined ? undefined : unpackUnique(unique).key;
}

/** JSON with the keys of each object in order. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
