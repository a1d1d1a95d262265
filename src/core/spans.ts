import type { CompiledSchedule } from './compiled_schedule.ts';
import type { Freeze } from './freeze.ts';
import type { EpochMs } from './time/units.ts';

/** A long gap is cut into so many spans at most; what is older still is told as missed without a closer look. */
const MAX_SPANS = 500;

export type Fate = 'open' | 'skipped(freeze)' | 'skipped(blackout)' | 'missed(catch-up)';

/** Neighbouring fire times from the first to the last of them, `open` where nothing forbids that they run. */
export type Span = { from: EpochMs; to: EpochMs; fate: Fate; detail: string | undefined };

export type SkippedSpan = Span & { fate: Exclude<Fate, 'open'> };

export function isSkipped(span: Span): span is SkippedSpan {
  return span.fate !== 'open';
}

/** What spans are cut by. */
export type Bans = { compiled: CompiledSchedule; freezes: readonly Freeze[]; now: EpochMs };

type Judged = Pick<Span, 'fate' | 'detail'>;

const OPEN: Judged = { fate: 'open', detail: undefined };
const BLACKED_OUT: Judged = { fate: 'skipped(blackout)', detail: undefined };

/**
 * Whether a fire time may run at all. A freeze skips the fire times inside it, and whatever comes due while it is on; it is
 * named in `detail`. A fire time whose rule has come to leave it out counts as blacked out.
 */
export function fateOf(at: EpochMs, { compiled, freezes, now }: Bans): Judged {
  const freeze = freezeAt(freezes, now) ?? freezeAt(freezes, at);
  if (freeze !== undefined) return { fate: 'skipped(freeze)', detail: freeze.id };
  return compiled.isBlackedOut(at) || compiled.isExcluded?.(at) === true ? BLACKED_OUT : OPEN;
}

/** A freeze that is on at an instant. */
export function freezeAt(freezes: readonly Freeze[], at: EpochMs): Freeze | undefined {
  for (const freeze of freezes) {
    if (freeze.from <= at && (freeze.until === undefined || at < freeze.until)) return freeze;
  }
  return undefined;
}

/** Cuts the fire times from `first` to `newest` into spans of one fate, oldest first. */
export function cutSpans(first: EpochMs, newest: EpochMs, bans: Bans): Span[] {
  const { timing, isExcluded } = bans.compiled;
  const second = isExcluded?.(first) === true ? timing.next(first) : first;
  const spans = second === undefined || second > newest ? [] : walkBack(second, newest, bans);
  if (second !== first) spans.push({ from: first, to: first, ...fateOf(first, bans) });
  return spans.reverse();
}

/** From the newest on, since the newest matter most; in steps from one change of fate to the one before. Newest first. */
function walkBack(first: EpochMs, newest: EpochMs, bans: Bans): Span[] {
  const { timing } = bans.compiled;
  const spans: Span[] = [];
  let at = newest;
  for (let steps = 1; ; steps += 1) {
    if (steps > MAX_SPANS) {
      spans.push({ from: first, to: at, fate: 'missed(catch-up)', detail: undefined });
      return spans;
    }
    const judged = fateOf(at, bans);
    const since = steadySince(at, bans);
    const from = since <= first ? first : (timing.next(since - 1) ?? at);
    extend(spans, { from, to: at, ...judged });
    if (from <= first) return spans;
    // The first may be a fire time of an older rule, which the timing does not name.
    at = Math.max(timing.previous(from) ?? first, first);
  }
}

function extend(spans: Span[], span: Span): void {
  const newer = spans.at(-1);
  if (newer?.fate === span.fate && newer.detail === span.detail) newer.from = span.from;
  else spans.push(span);
}

function steadySince(at: EpochMs, { compiled, freezes, now }: Bans): EpochMs {
  if (freezeAt(freezes, now) !== undefined) return -Infinity;
  let since = compiled.blackouts?.steadySince(at) ?? -Infinity;
  for (const { from, until } of freezes) {
    if (from <= at) since = Math.max(since, until !== undefined && until <= at ? until : from);
  }
  return since;
}
