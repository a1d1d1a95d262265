/**
 * Coded errors: a surprise throws one of these, an expected outcome is returned as a value.
 * `code` is stable and is what callers match; `hint` says what would be right.
 */
export type ErrorCode =
  | 'BAD_CRON'
  | 'BAD_DURATION'
  | 'BAD_SCHEDULE'
  | 'BAD_JOB'
  | 'BAD_CONFIG'
  | 'BAD_USAGE'
  | 'BAD_PAYLOAD'
  | 'PAYLOAD_TOO_LARGE'
  | 'PAYLOAD_KEY_MISSING'
  | 'FORGED'
  | 'NOT_FOUND'
  | 'NOT_READY'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'REDIS_UNAVAILABLE'
  | 'REDIS_AUTH'
  | 'REDIS_FULL'
  | 'REDIS_READ_ONLY'
  | 'REDIS_UNSUITABLE'
  | 'SHARD_MISMATCH'
  | 'FORMAT_MISMATCH'
  | 'GATE_CLOSED'
  | 'NOT_LEADER'
  | 'ALREADY_RUNNING'
  | 'ATTEMPT_TIMEOUT'
  | 'ATTEMPT_CRASHED'
  | 'LEASE_LOST'
  | 'CANCELLED'
  | 'SNOOZED'
  | 'NON_RETRYABLE'
  | 'RATE_LIMITED'
  | 'NOTE_TOO_LARGE'
  | 'MEMORY_EXCEEDED'
  | 'OUTPUT_EXCEEDED'
  | 'INTERNAL';

export type ErrorDetail = {
  /** What would be right, in one sentence. */
  hint?: string;
  /** The field, flag or file:line the error is about. */
  field?: string;
  /** 1-based column inside the field's text, where one is known. */
  column?: number;
  cause?: unknown;
};

export class BelfryError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly column: number | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = 'BelfryError';
    this.code = code;
    this.hint = detail.hint;
    this.field = detail.field;
    this.column = detail.column;
  }
}

/** Throw this from a handler to send its run to the dead letters at once, whatever attempts remain. */
export class NonRetryableError extends BelfryError {
  constructor(message: string, detail: ErrorDetail = {}) {
    super('NON_RETRYABLE', message, detail);
    this.name = 'NonRetryableError';
  }
}

/** The one-line text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : textOf(thrown);
}

function textOf(thrown: unknown): string {
  const text = String(thrown);
  if (text !== '[object Object]') return text;
  try {
    return JSON.stringify(thrown);
  } catch {
    return text;
  }
}

/** What becomes of an attempt whose handler returned something that JSON has no words for: another one would return it too. */
export function resultIsNotJson(cause: unknown): NonRetryableError {
  const hint = 'return null, numbers, texts, booleans, lists and plain objects of these';
  return new NonRetryableError(`the result of the run is not JSON: ${messageOf(cause)}`, { hint, cause });
}
