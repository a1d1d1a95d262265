import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import type { createTracing } from '../../src/runtime/open_telemetry.ts';

/** The real `@opentelemetry/api`, of which only an application installs the types. */
type Api = Parameters<typeof createTracing>[0] & {
  ROOT_CONTEXT: object;
  trace: {
    setGlobalTracerProvider(provider: object): boolean;
    getSpanContext(context: object): SpanContext | undefined;
    disable(): void;
  };
  context: { setGlobalContextManager(manager: object): boolean; disable(): void };
};
type SpanContext = { traceId: string; spanId: string; traceFlags: number };

export const api = createRequire(import.meta.url)('@opentelemetry/api') as Api;

/** A span that has begun, as an exporter would see it. */
export type RecordedSpan = {
  name: string;
  kind: number;
  context: SpanContext;
  parent: SpanContext | undefined;
  links: SpanContext[];
  attributes: Record<string, unknown>;
  status: { code: number; message?: string } | undefined;
  ended: boolean;
};

/** Registers a tracer that keeps its spans in memory, and a context that follows promises, as an SDK does. */
export function registerTracer(): { spans: RecordedSpan[]; end(): void } {
  const spans: RecordedSpan[] = [];
  const storage = new AsyncLocalStorage<object>();
  const active = (): object => storage.getStore() ?? api.ROOT_CONTEXT;
  const actWithin = <T>(context: object, act: (...args: unknown[]) => T, self: unknown, ...args: unknown[]): T =>
    storage.run(context, () => act.apply(self, args));
  api.context.setGlobalContextManager({
    active,
    with: actWithin,
    bind: (_context: object, target: unknown) => target,
    enable: () => undefined,
    disable: () => undefined,
  });
  const getTracer = () => ({
    startSpan: (name: string, options: Started) => recordSpan(spans, name, options, active()),
  });
  api.trace.setGlobalTracerProvider({ getTracer });
  return {
    spans,
    end() {
      api.trace.disable();
      api.context.disable();
    },
  };
}

type Started = {
  kind: number;
  root?: boolean;
  attributes?: Record<string, unknown>;
  links?: { context: SpanContext }[];
};

let count = 0;

function recordSpan(spans: RecordedSpan[], name: string, options: Started, active: object): object {
  const parent = options.root === true ? undefined : api.trace.getSpanContext(active);
  const hex = (count += 1).toString(16);
  const context = { traceId: parent?.traceId ?? hex.padStart(32, 'a'), spanId: hex.padStart(16, 'b'), traceFlags: 1 };
  const { kind, attributes = {}, links = [] } = options;
  const span: RecordedSpan = {
    name,
    kind,
    context,
    parent,
    links: links.map((link) => link.context),
    attributes: { ...attributes },
    status: undefined,
    ended: false,
  };
  spans.push(span);
  return {
    spanContext: () => context,
    setAttribute: (key: string, value: unknown) => (span.attributes[key] = value),
    setStatus: (status: RecordedSpan['status']) => (span.status = status),
    end: () => (span.ended = true),
  };
}

/** As it travels in a header. */
export function traceparent({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`;
}
