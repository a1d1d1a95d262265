import type { LiveAttempt } from './live_attempt.ts';

/**
 * Options of an enqueue on behalf of a handler: without a span of its own the attempt hands on what it was enqueued with,
 * so that a trace is not broken by a process without OpenTelemetry. With one, the active span is the parent.
 */
export function carryTrace<Options extends { traceparent?: string }>(live: LiveAttempt, options: Options): Options {
  const { traceparent } = live;
  if (traceparent === undefined || live.span !== undefined || options.traceparent !== undefined) return options;
  return { ...options, traceparent };
}

/** Acts for a handler that runs elsewhere, where the span of its attempt is not active by itself. */
export function withinSpan<T>(live: LiveAttempt, act: () => T): T {
  return live.span === undefined ? act() : live.span.within(act);
}
