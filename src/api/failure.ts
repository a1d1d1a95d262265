import { BelfryError, type ErrorCode } from '../core/errors.ts';

/** The one shape of every error answer. */
export type ErrorBody = { error: { code: string; message: string; hint?: string; field?: string } };

const STATUS: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USAGE: 400,
  BAD_PAYLOAD: 400,
  BAD_CRON: 400,
  BAD_DURATION: 400,
  BAD_SCHEDULE: 400,
  PAYLOAD_TOO_LARGE: 413,
  REDIS_UNAVAILABLE: 503,
  REDIS_FULL: 503,
  REDIS_READ_ONLY: 503,
};

/** Status and body for anything that was thrown. What is not a coded error is told to the log, not to the caller. */
export function describeFailure(thrown: unknown): { status: number; body: ErrorBody } {
  if (thrown instanceof BelfryError) {
    const { code, message, hint, field } = thrown;
    const detail = { ...(hint === undefined ? {} : { hint }), ...(field === undefined ? {} : { field }) };
    return { status: STATUS[code] ?? 500, body: { error: { code, message, ...detail } } };
  }
  const status = statusOf(thrown);
  if (status < 500 && thrown instanceof Error)
    return { status, body: { error: { code: 'BAD_USAGE', message: thrown.message } } };
  return {
    status: 500,
    body: { error: { code: 'INTERNAL', message: 'something went wrong here', hint: 'see the log of this process' } },
  };
}

function statusOf(thrown: unknown): number {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 ? status : 500;
}
