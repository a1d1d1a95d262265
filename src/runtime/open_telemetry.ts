import { createRequire } from 'node:module';
import type { AttemptSpan, OfferTracing, SpanFacts, Tracing } from '../core/tracing.ts';

/** What is used of the package `@opentelemetry/api`. */
type SpanContext = { traceId: string; spanId: string; traceFlags: number; isRemote?: boolean };
type Span = {
  spanContext(): SpanContext;
  setStatus(status: { code: number; message?: string }): void;
  setAttribute(name: string, value: string): void;
  end(): void;
};
type SpanOptions = {
  kind: number;
  root?: boolean;
  attributes: Record<string, string | number>;
  links?: { context: SpanContext }[];
};
type Context = object;
type Api = {
  trace: {
    getTracer(name: string): { startSpan(name: string, options: SpanOptions): Span };
    setSpan(context: Context, span: Span): Context;
  };
  context: { active(): Context; with<T>(context: Context, act: () => T): T };
  isSpanContextValid(context: SpanContext): boolean;
};

/** Of the API's enums SpanKind and SpanStatusCode. */
const PRODUCER = 3;
const CONSUMER = 4;
const ERROR = 2;

/** Where every copy of the API, 1.x, finds what an SDK has registered: without it there is nothing to load the package for. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** Traces where the application has set OpenTelemetry up in this process; the package is loaded with the first use after that. */
export function offerTracing(): OfferTracing {
  let tracing: Tracing | 'missing' | undefined;
  return () => {
    if (!isTraceSdkRegistered()) return undefined;
    tracing ??= loadTracing();
    return tracing === 'missing' ? undefined : tracing;
  };
}

/** Whether an SDK has registered itself in this process. */
export function isTraceSdkRegistered(): boolean {
  return (globalThis as { [REGISTERED]?: { trace?: unknown } })[REGISTERED]?.trace !== undefined;
}

function loadTracing(): Tracing | 'missing' {
  try {
    return createTracing(createRequire(import.meta.url)('@opentelemetry/api') as Api);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return 'missing';
    throw error;
  }
}

/** Names and attributes follow the semantic conventions of messaging. */
export function createTracing(api: Api): Tracing {
  const tracer = () => api.trace.getTracer('belfry');
  return {
    async produce({ job, count }, act) {
      const span = tracer().startSpan(`send ${job}`, {
        kind: PRODUCER,
        attributes: { ...messaging(job, 'send'), 'messaging.batch.message_count': count },
      });
      try {
        return await api.context.with(api.trace.setSpan(api.context.active(), span), () =>
          act(traceparentOf(api, span)),
        );
      } catch (error) {
        span.setStatus({ code: ERROR, message: error instanceof Error ? error.message : String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
    consume: (facts) => consume(api, tracer(), facts),
  };
}

function consume(api: Api, tracer: ReturnType<Api['trace']['getTracer']>, facts: SpanFacts): AttemptSpan {
  const { job, queue, run, attempt, traceparent } = facts;
  const span = tracer.startSpan(`process ${job}`, {
    kind: CONSUMER,
    root: true,
    attributes: {
      ...messaging(job, 'process'),
      'messaging.message.id': run,
      'belfry.queue': queue,
      'belfry.attempt': attempt,
    },
    links: traceparent === undefined ? [] : [{ context: contextOf(traceparent) }],
  });
  return {
    traceparent: traceparentOf(api, span),
    within: (act) => api.context.with(api.trace.setSpan(api.context.active(), span), act),
    end(outcome, errorMessage) {
      span.setAttribute('belfry.outcome', outcome);
      if (errorMessage !== undefined) span.setStatus({ code: ERROR, message: errorMessage });
      span.end();
    },
  };
}

function messaging(job: string, operation: 'send' | 'process'): Record<string, string> {
  return {
    'messaging.system': 'belfry',
    'messaging.destination.name': job,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
}

/** Undefined for a span that nobody records, as the API's own. */
function traceparentOf(api: Api, span: Span): string | undefined {
  const context = span.spanContext();
  if (!api.isSpanContextValid(context)) return undefined;
  return `00-${context.traceId}-${context.spanId}-${context.traceFlags.toString(16).padStart(2, '0')}`;
}

function contextOf(traceparent: string): SpanContext {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-');
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}
