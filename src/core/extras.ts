import type { DurationMs, EpochMs } from './time/units.ts';

/** What few runs have, packed into the run as `<letter>=<value>;...` with values percent-encoded. */
export type Extras = {
  /** Not started after this instant. */
  deadline?: EpochMs;
  /** Not started later than this many ms after its fire time. */
  startWithinMs?: DurationMs;
  /** Ended where it is not over this many ms after its fire time. */
  expiryMs?: DurationMs;
  /** `1`: made again by hand, so an instant that was its deadline counts no more. */
  anew?: string;
  /** `<count>.<until ms>`: how often it was put off by its own handler, and until when the last time. */
  snoozed?: string;
  /** The key it is the only run of; see core/unique. */
  unique?: string;
  /** W3C traceparent of whoever enqueued it. */
  traceparent?: string;
  /** Run that waits for this one, or the batch that it belongs to. */
  parent?: string;
  /** Key id of an encrypted payload. */
  encrypted?: string;
  /** Signature over id, job and payload. */
  signature?: string;
  /** `1`: the run has notes for its next attempt (see lua/set_note). */
  notes?: string;
  /** `run`: it has spawned children; `gather`: they are all over, and its gather handler comes next. */
  children?: string;
  /** The dead letter that the run was first made of. */
  origin?: string;
  /** How often it was sent back by a partner that takes no more (see core/rate_limited). */
  refusals?: string;
};

const LETTERS = {
  deadline: 'd',
  startWithinMs: 'w',
  expiryMs: 'x',
  anew: 'a',
  snoozed: 'z',
  unique: 'u',
  traceparent: 't',
  parent: 'p',
  encrypted: 'e',
  signature: 's',
  notes: 'n',
  children: 'c',
  origin: 'o',
  refusals: 'h',
} as const satisfies Record<keyof Extras, string>;

const NUMBERS: ReadonlySet<string> = new Set(['deadline', 'startWithinMs', 'expiryMs'] satisfies (keyof Extras)[]);

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
    if (name !== undefined) extras[name] = NUMBERS.has(name) ? Number(value) : value;
  }
  return extras;
}

/** Whether earlier attempts of a run have noted something: told without unpacking, as each claimed run is asked. */
export function hasNotes(packed: string): boolean {
  return packed !== '' && `;${packed}`.includes(';n=');
}

/** The id that a run has had from the beginning: that of the dead letter it was made of, or its own. */
export function originOf(id: string, packed: string): string {
  return packed === '' ? id : (unpackExtras(packed).origin ?? id);
}

/** The extras of a run that is made again by hand: its deadline counts no more, and it was never put off. */
export function withoutDeadline(packed: string): string {
  if (packed === '') return packed;
  const { snoozed: _snoozed, ...extras } = unpackExtras(packed);
  return packExtras(extras.deadline === undefined ? extras : { ...extras, anew: '1' });
}

/** The extras of a run that starts anew from a finished one: it has no notes. */
export function withoutNotes(packed: string): string {
  if (!hasNotes(packed)) return packed;
  const { notes: _notes, ...extras } = unpackExtras(packed);
  return packExtras(extras);
}

/** Without parent and children: whoever waited for the finished run has been told how it ended. */
export function withoutKin(packed: string): string {
  if (packed === '') return packed;
  const { parent: _parent, children: _children, ...extras } = unpackExtras(packed);
  return packExtras(extras);
}
