import { BelfryError, NonRetryableError } from './errors.ts';
import { unpackExtras } from './extras.ts';
import type { Run, Settlement } from './run.ts';
import { parseLength } from './time/duration.ts';
import type { Duration, DurationMs, EpochMs } from './time/units.ts';

/** What `snooze` throws: the attempt ends uncounted, and its run comes again after `delayMs`. */
export class SnoozeError extends BelfryError {
  /** Ms, 1 or more. */
  readonly delayMs: DurationMs;

  constructor(length: Duration) {
    const delayMs = Math.max(1, parseLength(length, 'snooze'));
    super('SNOOZED', `the run was put off for ${delayMs} ms`, {
      hint: 'snooze() ends the attempt by throwing this: let it through where errors are caught',
    });
    this.name = 'SnoozeError';
    this.delayMs = delayMs;
  }
}

/** Always throws. */
export function snooze(length: Duration): never {
  throw new SnoozeError(length);
}

/** Told by its code: a job file may have the package from elsewhere, and the class with it. */
export function isSnooze(thrown: unknown): thrown is SnoozeError {
  const { code, delayMs } = typeof thrown === 'object' && thrown !== null ? (thrown as Partial<SnoozeError>) : {};
  return code === 'SNOOZED' && typeof delayMs === 'number';
}

/** How often a run was put off, and until when the last time. */
export function snoozesOf({ extras }: Pick<Run, 'extras'>): { count: number; until: EpochMs } {
  const [count = '0', until = '0'] = (extras === '' ? '' : (unpackExtras(extras).snoozed ?? '')).split('.');
  return { count: Number(count), until: Number(until) };
}

/** The settlement of an attempt that was put off; an error without a further attempt for a run that was so too often. */
export function afterSnooze(
  run: Run,
  { delayMs }: SnoozeError,
  maxSnoozes: number,
): Extract<Settlement, { outcome: 'snoozed' }> | NonRetryableError {
  if (snoozesOf(run).count < maxSnoozes) return { outcome: 'snoozed', delayMs };
  return new NonRetryableError(`the run was put off ${maxSnoozes} times, which is as often as it may be`, {
    field: 'maxSnoozes',
    hint: 'raise maxSnoozes in the job file, or let a schedule look again instead',
  });
}
