import { BelfryError } from './errors.ts';
import type { Json } from './json.ts';
import { quote } from './quote.ts';

const HINT = "such as 'partner:{partner}', or (p) => `partner:${p.partner}`";
const PLACEHOLDER = /\{([^{}]*)\}/g;
const PATH = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$0-9][\w$]*)*$/;
const LONGEST_TEMPLATE = 200;
const LONGEST_KEY = 200;
/** Stand for a field of the payload in what a key function answers; no sane key holds a control character. */
const OPEN = '\u0001';
const CLOSE = '\u0002';

/**
 * The template of a key. Who enqueues, fires or shows a run need not have the job's code, so a function is called once,
 * here, with a stand-in payload that notes which fields are read, and the template is kept.
 * Throws BAD_JOB for a function that does more than to put fields into a text.
 */
export function compileKey(key: unknown, field: string): string {
  const template = compileTemplate(key, field);
  if (/^(job|queue):/.test(template)) {
    throw badKey(field, `begins with ${quote(template.split(':')[0])}:, which is kept for whole jobs and queues`);
  }
  return template;
}

/** The same for a key that is not shared with limits. */
export function compileTemplate(key: unknown, field: string): string {
  const template = typeof key === 'function' ? readFunction(key as (payload: unknown) => unknown, field) : key;
  if (typeof template !== 'string' || template.trim() === '' || template.length > LONGEST_TEMPLATE) {
    throw badKey(field, `is ${quote(key)}`);
  }
  if (/[{}]/.test(template.replaceAll(PLACEHOLDER, ''))) throw badKey(field, `has a brace without its other half`);
  for (const [, path = ''] of template.matchAll(PLACEHOLDER)) {
    if (!PATH.test(path)) throw badKey(field, `names ${quote(`{${path}}`)}, which is no field of a payload`);
  }
  return template;
}

/**
 * The key of one payload, with anything but letters, digits and _ . : / @ - percent-encoded.
 * Undefined where the payload lacks a field of the template: the run has no such key.
 * Throws BAD_PAYLOAD for a field that is a list or an object, or for a key of more than 200 characters.
 */
export function keyOf(template: string, payload: Json): string | undefined {
  let isWhole = true;
  const filled = template.replaceAll(PLACEHOLDER, (_, path: string) => {
    const value = valueAt(payload, path);
    if (value === undefined || value === null) isWhole = false;
    if (typeof value === 'object' && value !== null) {
      throw new BelfryError(
        'BAD_PAYLOAD',
        `${path} is ${quote(value)}, and the key ${quote(template)} needs one value`,
        {
          field: path,
          hint: 'a text, a number or a boolean',
        },
      );
    }
    return String(value);
  });
  if (!isWhole) return undefined;
  const key = encodeKey(filled);
  if (key.length <= LONGEST_KEY) return key;
  throw new BelfryError('BAD_PAYLOAD', `the key ${quote(template)} of this payload has ${key.length} characters`, {
    field: 'payload',
    hint: `at most ${LONGEST_KEY}; take a shorter field, such as an id`,
  });
}

/** Anything but letters, digits and _ . : / @ - percent-encoded; half of a surrogate pair, which UTF-8 has no bytes for, as U+FFFD. */
export function encodeKey(text: string): string {
  const whole = text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
  return whole.replaceAll(/[^\w.:/@-]/gu, (character) => encodeURIComponent(character).replaceAll(/[!'()*~]/g, hex));
}

/** Whether the key can be one of the template's. */
export function isKeyOf(template: string, key: string): boolean {
  const literals = template.split(PLACEHOLDER).filter((_, i) => i % 2 === 0);
  const pattern = literals.map((literal) => encodeKey(literal).replaceAll('.', String.raw`\.`)).join('[^|~]+');
  return new RegExp(`^${pattern}$`).test(key);
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function valueAt(payload: Json, path: string): Json | undefined {
  let value: Json | undefined = payload;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, step) ? (value as Record<string, Json>)[step] : undefined;
  }
  return value;
}

function readFunction(key: (payload: unknown) => unknown, field: string): string {
  let answer: string;
  try {
    answer = String(key(standIn('')));
  } catch {
    throw badKey(field, 'is a function that does more than to put fields of the payload into a text');
  }
  const template = answer.replaceAll(OPEN, '{').replaceAll(CLOSE, '}');
  const paths = [...template.matchAll(PLACEHOLDER)].map(([, path = '']) => path);
  // Some samples are falsy or missing, so that a condition in the function shows.
  for (const value of ['a', '', 'B c', 0, 7, true, false, null]) {
    const payload = sampleOf(paths, value);
    const filled = template.replaceAll(PLACEHOLDER, String(value));
    if (!answers(key, payload, filled)) {
      throw badKey(
        field,
        `is a function that does more than to put fields of the payload into a text (read as ${quote(template)})`,
      );
    }
  }
  return template;
}

function answers(key: (payload: unknown) => unknown, payload: unknown, expected: string): boolean {
  try {
    return String(key(payload)) === expected;
  } catch {
    return false;
  }
}

/** A payload whose every field is a stand-in that turns into its own path. */
function standIn(path: string): unknown {
  const text = (): string => OPEN + path + CLOSE;
  return new Proxy(Object.create(null) as object, {
    get(_, name) {
      if (name === Symbol.toPrimitive || name === 'toString') return text;
      if (typeof name === 'symbol') return undefined;
      return standIn(path === '' ? name : `${path}.${name}`);
    },
  });
}

function sampleOf(paths: readonly string[], value: Json): Json {
  const sample: Record<string, Json> = {};
  for (const path of paths) {
    const steps = path.split('.');
    const last = steps.pop() as string;
    let at: Record<string, Json> = sample;
    for (const step of steps) at = (at[step] ??= {}) as Record<string, Json>;
    at[last] = value;
  }
  return sample;
}

function badKey(field: string, what: string): BelfryError {
  return new BelfryError('BAD_JOB', `${field} ${what}`, { field, hint: HINT });
}
