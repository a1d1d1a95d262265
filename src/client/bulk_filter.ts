import { BULK_STATES, type BulkAction, type BulkFilter } from '../core/bulk.ts';
import { BelfryError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { RunState } from '../core/run.ts';
import { parseDuration } from '../core/time/duration.ts';
import type { Duration, EpochMs } from '../core/time/units.ts';

/** Which runs. Everything that is given must fit; something must be given, or `all`. */
export type RunSelection = {
  /** Every run in the states of the action. */
  all?: boolean;
  /** At most 1,000. */
  ids?: readonly string[];
  queue?: string;
  job?: string;
  /** One state or several. What an action may be about, and what it is about by default, is in its guide. */
  state?: RunState | readonly RunState[];
  /** A tag of the schedule that has fired the run. */
  tag?: string;
  /** Fire time of an unfinished run, end of a finished one: at least so long ago, such as `2h`. */
  olderThan?: Duration;
  /** The same as instants, epoch ms: at or after `since`, before `until`. */
  since?: EpochMs;
  until?: EpochMs;
  /** Text in the name or message of the last error. Upper and lower case are the same. */
  error?: string;
};

const MOST_IDS = 1_000;

/** Checks a selection for an action and puts instants in the place of ages. Throws BAD_USAGE naming the field. */
export function readSelection(action: BulkAction, selection: RunSelection, now: EpochMs): BulkFilter {
  const { all, state, olderThan, since, until, ...rest } = selection;
  const says = Object.values({ ...rest, state, olderThan, since, until }).some((value) => value !== undefined);
  if (says === (all === true)) throw whichRuns(says);
  for (const field of ['queue', 'job', 'tag', 'error'] as const) {
    const text: unknown = rest[field];
    if (text !== undefined && (typeof text !== 'string' || text.trim() === ''))
      throw badField(field, text, 'a text that is not empty');
  }
  const filter: BulkFilter = { states: readStates(action, state), ...readIds(rest.ids), ...given(rest) };
  const oldest = olderThan === undefined ? undefined : now - parseDuration(olderThan, 'olderThan');
  if (since !== undefined) filter.since = readInstant(since, 'since');
  if (until !== undefined || oldest !== undefined)
    filter.until = Math.min(until === undefined ? Infinity : readInstant(until, 'until'), oldest ?? Infinity);
  return filter;
}

function given({ queue, job, tag, error }: RunSelection): Pick<BulkFilter, 'queue' | 'job' | 'tag' | 'error'> {
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(job === undefined ? {} : { job }),
    ...(tag === undefined ? {} : { tag }),
    ...(error === undefined ? {} : { error }),
  };
}

function readIds(ids: readonly string[] | undefined): Pick<BulkFilter, 'ids'> {
  if (ids === undefined) return {};
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MOST_IDS || ids.some((id) => typeof id !== 'string'))
    throw badField('ids', ids, `a list of 1 to ${MOST_IDS} run ids`);
  return { ids: [...new Set(ids as string[])] };
}

function readStates(action: BulkAction, state: RunSelection['state']): readonly RunState[] {
  const { may, default: usual } = BULK_STATES[action];
  if (state === undefined) return usual;
  const states = [...new Set(typeof state === 'string' ? [state] : state)];
  if (states.length > 0 && states.every((one) => may.includes(one))) return states;
  throw badField('state', state, `to ${action}: ${may.join(', ')}`);
}

function readInstant(at: unknown, field: string): EpochMs {
  if (Number.isSafeInteger(at) && (at as number) >= 0) return at as EpochMs;
  throw badField(field, at, 'an instant in epoch ms');
}

function whichRuns(says: boolean): BelfryError {
  return new BelfryError('BAD_USAGE', says ? 'all runs are meant, and only some' : 'which runs?', {
    field: 'filter',
    hint: 'queue, job, state, tag, olderThan, error or ids; or all: true for every one',
  });
}

function badField(field: string, value: unknown, hint: string): BelfryError {
  return new BelfryError('BAD_USAGE', `${field} is ${quote(value)}`, { field, hint });
}
