import { BelfryError } from './errors.ts';
import { quote } from './quote.ts';

/** What a span of an attempt is about. */
export type SpanFacts = { job: string; queue: string; run: string; attempt: number; traceparent: string | undefined };

/** The span of one attempt. */
export type AttemptSpan = {
  /** W3C trace context of the span; undefined where it is not recorded. */
  readonly traceparent: string | undefined;
  /** Calls the handler with the span active. */
  within<T>(act: () => T): T;
  end(outcome: string, errorMessage: string | undefined): void;
};

/** What Belfry asks of OpenTelemetry. */
export type Tracing = {
  /** Enqueues within a producer span; `act` is given its trace context, undefined where it is not recorded. */
  produce<T>(what: { job: string; count: number }, act: (traceparent: string | undefined) => Promise<T>): Promise<T>;
  /** Begins a consumer span in a trace of its own, with a link to whoever enqueued the run. */
  consume(facts: SpanFacts): AttemptSpan;
};

/** Asked at each use, because an application may set OpenTelemetry up later; undefined until it has. */
export type OfferTracing = () => Tracing | undefined;

export const NO_TRACING: OfferTracing = () => undefined;

/** W3C Trace Context, version 00: trace id and parent id are not all zero. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Throws BAD_USAGE for what is not a traceparent. */
export function assertTraceparent(text: string): string {
  if (TRACEPARENT.test(text)) return text;
  throw new BelfryError('BAD_USAGE', `traceparent is ${quote(text)}`, {
    field: 'traceparent',
    hint: 'as in W3C Trace Context: 00-<32 hex digits>-<16 hex digits>-01',
  });
}
