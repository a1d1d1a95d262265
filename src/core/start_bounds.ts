import { BelfryError, type ErrorCode } from './errors.ts';
import { unpackExtras, type Extras } from './extras.ts';
import { quote } from './quote.ts';
import type { Run } from './run.ts';
import { parseLength } from './time/duration.ts';
import { readIso } from './time/instant.ts';
import type { Duration, DurationMs, EpochMs } from './time/units.ts';

/** Until when a run may start and must have ended, as it carries it: an instant, or ms after its fire time. */
export type StartBounds = Pick<Extras, 'deadline' | 'startWithinMs' | 'expiryMs'>;

/** Name of the error that a run has which was not started, or not over, in time; the scripts say the same. */
export const EXPIRED = 'Expired';

/** How long from now an attempt of a run may last at the most, ms; Infinity where its run has no expiry. */
export function lastsAtMost({ fireTime, extras }: Pick<Run, 'fireTime' | 'extras'>, now: EpochMs): DurationMs {
  const { expiryMs } = extras === '' ? {} : unpackExtras(extras);
  return expiryMs === undefined ? Infinity : Math.max(0, fireTime + expiryMs - now);
}

/** Until when a run may start and must be over, as instants; undefined for no such bound. */
export function instantsOf({ fireTime, extras }: Pick<Run, 'fireTime' | 'extras'>): {
  startBy: EpochMs | undefined;
  endBy: EpochMs | undefined;
} {
  const { deadline, startWithinMs, expiryMs, anew } = extras === '' ? ({} as Extras) : unpackExtras(extras);
  const startBy = anew === undefined ? deadline : undefined;
  return {
    startBy: startWithinMs === undefined ? startBy : Math.min(startBy ?? Infinity, fireTime + startWithinMs),
    endBy: expiryMs === undefined ? undefined : fireTime + expiryMs,
  };
}

/** What a job says for its runs, ms after their fire time. */
export type JobBounds = { deadlineMs?: DurationMs; expiryMs?: DurationMs };

/** Throws BAD_DURATION or BAD_JOB, naming the field. */
export function compileBounds({
  deadline,
  expiry,
}: {
  deadline?: Duration | undefined;
  expiry?: Duration | undefined;
}): JobBounds {
  return {
    ...(deadline === undefined ? {} : { deadlineMs: lengthOf(deadline, 'deadline', 'BAD_JOB') }),
    ...(expiry === undefined ? {} : { expiryMs: lengthOf(expiry, 'expiry', 'BAD_JOB') }),
  };
}

/** What an enqueue says, else its job. Throws BAD_DURATION or BAD_USAGE, naming the field. */
export function boundsOf(
  { deadline, expiry }: { deadline?: Duration | undefined; expiry?: Duration | undefined },
  job: JobBounds = {},
): StartBounds {
  const expiryMs = expiry === undefined ? job.expiryMs : lengthOf(expiry, 'expiry', 'BAD_USAGE');
  return { ...startBound(deadline, job.deadlineMs), ...(expiryMs === undefined ? {} : { expiryMs }) };
}

function startBound(deadline: Duration | undefined, default_: DurationMs | undefined): StartBounds {
  if (deadline === undefined) return default_ === undefined ? {} : { startWithinMs: default_ };
  const written = readIso(deadline);
  if (written === undefined) return { startWithinMs: lengthOf(deadline, 'deadline', 'BAD_USAGE') };
  if (written.offsetMs === undefined) {
    throw new BelfryError('BAD_USAGE', `deadline is ${quote(deadline)}, an instant without an offset`, {
      field: 'deadline',
      hint: `say where: "${String(deadline)}Z" for UTC`,
    });
  }
  return { deadline: written.localMs - written.offsetMs };
}

function lengthOf(length: Duration, field: string, code: Extract<ErrorCode, 'BAD_JOB' | 'BAD_USAGE'>): DurationMs {
  const ms = parseLength(length, field);
  if (ms > 0) return ms;
  throw new BelfryError(code, `${field} is ${quote(length)}: no run could start`, { field, hint: 'such as "10m"' });
}
