import { BelfryError, messageOf, type ErrorCode } from '../core/errors.ts';
import type { Desk } from './desk.ts';

/** 0 done, 1 failed, 2 asked in a wrong way, 3 not found, 4 there are changes (`plan --detailed-exit`). */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

const ASKED_WRONGLY: readonly ErrorCode[] = [
  'BAD_USAGE',
  'BAD_CRON',
  'BAD_DURATION',
  'BAD_SCHEDULE',
  'BAD_PAYLOAD',
  'PAYLOAD_TOO_LARGE',
];

export function exitCodeOf(error: BelfryError): ExitCode {
  if (error.code === 'NOT_FOUND') return 3;
  return ASKED_WRONGLY.includes(error.code) ? 2 : 1;
}

/** Anything that was thrown, as the error that is shown. An error without a code is a defect: its stack is worth showing. */
export function asShown(thrown: unknown): BelfryError {
  if (thrown instanceof BelfryError) return thrown;
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown);
  return new BelfryError('INTERNAL', stack, {
    hint: 'this is a defect of Belfry; please report it with the lines above',
  });
}

/** Tells an error: two lines for people on standard error, or one object on standard output where JSON was asked for. */
export function tellFailure(
  error: BelfryError,
  desk: Pick<Desk, 'out' | 'err' | 'paintErr'>,
  form: 'text' | 'json',
): void {
  const { code, message, hint, field } = error;
  if (form === 'json') {
    desk.out(`${JSON.stringify({ error: { code, message, hint, field } })}\n`);
    return;
  }
  desk.err(`${desk.paintErr('red', 'error:')} ${message}\n`);
  if (hint !== undefined) desk.err(`${desk.paintErr('yellow', 'hint:')} ${hint}\n`);
}
