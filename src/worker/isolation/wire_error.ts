import { namesOf, withNames } from '../../core/error_names.ts';
import { BelfryError, messageOf, NonRetryableError, type ErrorCode } from '../../core/errors.ts';
import { isSnooze, SnoozeError } from '../../core/snooze.ts';
import { isRateLimited, RateLimitedError, retryAfterIn } from '../../core/rate_limited.ts';

/** An error as it travels between threads and processes: structured clone keeps neither `code` nor the class. */
export type WireError = {
  name: string;
  message: string;
  stack: string | undefined;
  code: string | undefined;
  hint: string | undefined;
  field: string | undefined;
  cause: WireError | undefined;
  /** Of its class and of those that it extends: what a retry policy may call it. */
  names: readonly string[];
  /** Of an answer with status 429, thrown or held by what was thrown. */
  retryAfter: string | undefined;
  /** Of a RateLimitedError. */
  /** Of a SnoozeError. */
  snoozedMs: number | undefined;
  limited: { retryAfterMs: number; key: string | undefined } | undefined;
};

/** A cause of a cause of a cause says it all; the limit also ends a circle. */
const DEEPEST_CAUSE = 3;

export function toWire(thrown: unknown, depth = 0): WireError {
  const error: { [Key in keyof WireError]?: unknown } = thrown instanceof Error ? { ...fieldsOf(thrown) } : {};
  return {
    name: textOf(error.name) ?? 'Error',
    message: textOf(error.message) ?? messageOf(thrown),
    stack: textOf(error.stack),
    code: textOf(error.code),
    hint: textOf(error.hint),
    field: textOf(error.field),
    cause: error.cause === undefined || depth >= DEEPEST_CAUSE ? undefined : toWire(error.cause, depth + 1),
    names: namesOf(thrown),
    retryAfter: retryAfterIn(thrown),
    snoozedMs: isSnooze(thrown) ? thrown.delayMs : undefined,
    limited: isRateLimited(thrown) ? { retryAfterMs: thrown.retryAfterMs, key: thrown.key } : undefined,
  };
}

/** The error again, of the class that its code stands for, with the stack of where it was thrown. */
export function fromWire(wire: WireError): Error {
  const error = withNames(rebuild(wire), wire.names);
  error.name = wire.name;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function rebuild(wire: WireError): Error {
  if (wire.limited !== undefined) return new RateLimitedError(wire.limited.retryAfterMs, wire.limited.key);
  if (wire.snoozedMs !== undefined) return new SnoozeError(wire.snoozedMs);
  const error = rebuildClass(wire);
  return wire.retryAfter === undefined
    ? error
    : Object.assign(error, { status: 429, headers: { 'retry-after': wire.retryAfter } });
}

function rebuildClass(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : fromWire(wire.cause);
  const detail = {
    ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    ...(wire.field === undefined ? {} : { field: wire.field }),
    ...(cause === undefined ? {} : { cause }),
  };
  if (wire.code === 'NON_RETRYABLE') return new NonRetryableError(wire.message, detail);
  if (wire.name === 'BelfryError') return new BelfryError(wire.code as ErrorCode, wire.message, detail);
  const error = new Error(wire.message, cause === undefined ? {} : { cause });
  return wire.code === undefined ? error : Object.assign(error, { code: wire.code });
}

/** `name`, `message` and `stack` are not own enumerable properties, so they are read one by one. */
function fieldsOf(error: Error): { [Key in keyof WireError]?: unknown } {
  const { name, message, stack, cause } = error;
  const { code, hint, field } = error as { code?: unknown; hint?: unknown; field?: unknown };
  return { name, message, stack, cause, code, hint, field };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
