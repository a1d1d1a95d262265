import type { EpochMs } from './time/units.ts';

/** What few runs have, packed into the run as `<letter>=<value>;...` with values percent-encoded. */
export type Extras = {
  /** Not started after this instant. */
  deadline?: EpochMs;
  /** The key it is the only run of; see the unique part of enqueue. */
  unique?: string;
  /** W3C traceparent of whoever enqueued it. */
  traceparent?: string;
  /** Run that waits for this one, or the batch that it belongs to. */
  parent?: string;
  /** Key id of an encrypted payload. */
  encrypted?: string;
  /** Signature over id, job and payload. */
  signature?: string;
};

const LETTERS = {
  deadline: 'd',
  unique: 'u',
  traceparent: 't',
  parent: 'p',
  encrypted: 'e',
  signature: 's',
} as const satisfies Record<keyof Extras, string>;

const NAMES = new Map(Object.entries(LETTERS).map(([name, letter]) => [letter as string, name as keyof Extras]));

/** Returns '' where there is nothing to pack. */
export function packExtras(extras: Extras): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(extras)) {
    if (value !== undefined) parts.push(`${LETTERS[name as keyof Extras]}=${encodeURIComponent(value)}`);
  }
  return parts.join(';');
}

/** Letters that this version does not know are left out: a newer one may have written them. */
export function unpackExtras(packed: string): Extras {
  const extras: Record<string, string | number> = {};
  if (packed === '') return extras;
  for (const part of packed.split(';')) {
    const at = part.indexOf('=');
    const name = NAMES.get(part.slice(0, at));
    const value = decodeURIComponent(part.slice(at + 1));
    if (name !== undefined) extras[name] = name === 'deadline' ? Number(value) : value;
  }
  return extras;
}
