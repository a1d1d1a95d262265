import { BelfryError, messageOf } from '../errors.ts';
import { countBelow, countUpTo } from './instants.ts';
import { TIME_END } from './timing_kind.ts';
import type { Timing } from './timing_kind.ts';
import type { EpochMs } from './units.ts';

/** A recurrence that a reader understood. Each method may throw where the reader gives up. */
export type Recurrence = {
  /** The first fire time strictly after an instant. */
  next(after: EpochMs): EpochMs | undefined;
  /** The last fire time strictly before an instant. */
  previous(before: EpochMs): EpochMs | undefined;
  /** All fire times in [from, to], in order. */
  between(from: EpochMs, to: EpochMs): EpochMs[];
};

/** Reads RFC 5545 text with DTSTART. Throws for text that it does not understand. */
export type RruleReader = (text: string) => Recurrence;

let findReader: () => RruleReader | undefined = () => undefined;

/**
 * Says where recurrences are read: core knows no package for it. `find` is asked when the first rule needs it, and
 * answers undefined where the package is not installed.
 */
export function installRrule(find: () => RruleReader | undefined): void {
  findReader = find;
}

/** Reads a recurrence as `prepareRrule` left it. Throws BAD_SCHEDULE naming `field`. */
export function openRecurrence(text: string, field: string): Recurrence {
  const reader = attemptToRead(() => findReader(), field);
  if (reader !== undefined) return attemptToRead(() => reader(text), field);
  throw new BelfryError('BAD_SCHEDULE', `${field} needs the package rrule-temporal, which is not installed`, {
    field,
    hint: 'npm install rrule-temporal temporal-polyfill',
  });
}

function attemptToRead<Answer>(read: () => Answer, field: string): Answer {
  try {
    return read();
  } catch (error) {
    throw new BelfryError('BAD_SCHEDULE', `${field} cannot be read: ${messageOf(error)}`, {
      field,
      hint: 'RFC 5545, such as "DTSTART;TZID=Europe/Berlin:20260105T090000 RRULE:FREQ=WEEKLY;BYDAY=MO"',
      cause: error,
    });
  }
}

/** At least so many fire times are read at once: one costs the reader about a millisecond alone, and far less in company. */
const BLOCK = 64;
const MOST_BLOCKS = 4;

/** All fire times in [from, to), which a reader was asked for once. */
type Block = { from: EpochMs; to: EpochMs; times: readonly EpochMs[] };

/**
 * Fires as the recurrence says. Fire times are read in blocks that are kept, so that a walk asks the reader rarely. A
 * recurrence that its reader gives up on (it throws) has no fire times beyond there.
 */
export function rruleTiming(recurrence: Recurrence): Timing {
  const blocks: Block[] = [];
  const keep = (block: Block): Block => {
    if (blocks.length >= MOST_BLOCKS) blocks.shift();
    blocks.push(block);
    return block;
  };
  const blockWith = (at: EpochMs, read: (at: EpochMs) => Block): Block =>
    blocks.findLast((block) => at >= block.from && at < block.to) ?? keep(read(at));
  return {
    kind: 'rrule',
    usesSeed: false,
    next(after) {
      let from = Math.max(Math.floor(after) + 1, 0);
      while (from < TIME_END) {
        const block = blockWith(from, (at) => readForward(recurrence, at));
        const at = block.times[countBelow(block.times, from)];
        if (at !== undefined) return at;
        from = block.to;
      }
      return undefined;
    },
    previous(before) {
      let last = Math.min(Math.ceil(before) - 1, TIME_END - 1);
      while (last >= 0) {
        const block = blockWith(last, (at) => readBackward(recurrence, at));
        const at = block.times[countUpTo(block.times, last) - 1];
        if (at !== undefined) return at;
        last = block.from - 1;
      }
      return undefined;
    },
  };
}

/** A block that begins at `from` and has a fire time, or reaches to the end of time. */
function readForward(recurrence: Recurrence, from: EpochMs): Block {
  const rest: Block = { from, to: Infinity, times: [] };
  const first = attempt(() => recurrence.next(from - 1));
  if (first === undefined || first >= TIME_END) return rest;
  const second = attempt(() => recurrence.next(first));
  if (second === undefined || second >= TIME_END) return { ...rest, times: [first] };
  // The distance of the first two says how far to look; doubled until there are enough.
  const times: EpochMs[] = [];
  let to = first;
  for (let spanMs = second - first; times.length < BLOCK && to < TIME_END; spanMs *= 2) {
    const more = attempt(() => recurrence.between(to, to + spanMs - 1));
    if (more === undefined) break;
    for (const at of more) if (at < TIME_END) times.push(at);
    to += spanMs;
  }
  return times.length === 0 ? { ...rest, times: [first] } : { from, to, times };
}

/** A block that ends at `last` and has a fire time, or reaches back to 1970. */
function readBackward(recurrence: Recurrence, last: EpochMs): Block {
  const rest: Block = { from: -Infinity, to: last + 1, times: [] };
  const final = attempt(() => recurrence.previous(last + 1));
  if (final === undefined || final < 0) return rest;
  const before = attempt(() => recurrence.previous(final));
  if (before === undefined || before < 0) return { ...rest, times: [final] };
  let times: EpochMs[] = [];
  let from = final + 1;
  for (let spanMs = final - before; times.length < BLOCK && from > 0; spanMs *= 2) {
    const more = attempt(() => recurrence.between(from - spanMs, from - 1));
    if (more === undefined) break;
    times = [...more.filter((at) => at >= 0), ...times];
    from -= spanMs;
  }
  return times.length === 0 ? { ...rest, times: [final] } : { from, to: last + 1, times };
}

function attempt<Answer>(ask: () => Answer | undefined): Answer | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
