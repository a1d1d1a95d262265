import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as sdkPackage from '@opentelemetry/sdk-node';
import { afterAll, expect, test } from 'vitest';
import { startTraceSdk } from '../../src/runtime/open_telemetry_sdk.ts';
import { jobFile, makePlace, runBelfry, startBelfry, type Variables } from '../support/belfry_process.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';
import { api } from '../support/tracer.ts';

/** What is read of OTLP/HTTP in JSON, see opentelemetry-proto. */
type Attributes = { key: string; value: { stringValue?: string; intValue?: number } }[];
type Span = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  attributes: Attributes;
  links?: { traceId: string; spanId: string }[];
};
type Sent = { resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: Span[] }[] }[] };

const redis = await startRedis();
const sent: Sent[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (request.url === '/v1/traces') sent.push(JSON.parse(body) as Sent);
    response.setHeader('content-type', 'application/json').end('{}');
  });
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
afterAll(() => receiver.close());
const endpoint = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}`;

const spans = (): Span[] =>
  sent.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
const named = (name: string): Span | undefined => spans().find((span) => span.name === name);

const JOBS = {
  'first.ts': jobFile(`run: async ({ enqueue }) => { await enqueue('second'); }`),
  'second.ts': jobFile(`run: () => 'done'`),
};

async function runFirst(namespace: string, more: Variables): Promise<ReturnType<typeof startBelfry>> {
  const place = makePlace(JOBS);
  const variables = { REDIS_URL: redis.url, BELFRY_NAMESPACE: namespace };
  const belfry = startBelfry(place, ['start'], { ...variables, ...more });
  await belfry.untilSays('is up"');
  await runBelfry(place, ['jobs', 'run', 'first', '--wait'], variables);
  await eventually(async () => {
    expect(await scrape(await belfry.url())).toMatch(/^belfry_runs_total\{job_name="second",outcome="succeeded"\} 1$/m);
  });
  return belfry;
}

async function scrape(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } })).text();
}

test('a process sends its spans where the OTEL_ variables say, the last ones at its stop, and its histograms lead to them', async () => {
  const belfry = await runFirst('traced', {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    // Nothing goes out by itself within this test.
    OTEL_BSP_SCHEDULE_DELAY: '600000',
  });
  const text = await scrape(await belfry.url());
  expect(sent).toEqual([]);
  belfry.signal('SIGTERM');
  expect(await belfry.ended).toBe(0);
  const [first, send, second] = ['process first', 'send second', 'process second'].map(named);
  expect(send).toMatchObject({ traceId: first?.traceId, parentSpanId: first?.spanId });
  expect(second?.links).toMatchObject([{ traceId: send?.traceId, spanId: send?.spanId }]);
  expect(second?.traceId).not.toBe(first?.traceId);
  const service = sent[0]?.resourceSpans[0]?.resource.attributes.find(({ key }) => key === 'service.name');
  expect(service?.value.stringValue).toBe('belfry');
  const exemplar =
    /^belfry_run_duration_seconds_bucket\{job_name="second",.*# \{trace_id="(\w+)",span_id="(\w+)"\}/m.exec(text);
  expect([exemplar?.[1], exemplar?.[2]]).toEqual([second?.traceId, second?.spanId]);
});

test('a process sends nothing while its SDK is disabled, whatever the other variables say', async () => {
  sent.length = 0;
  const belfry = await runFirst('disabled', {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_SDK_DISABLED: 'true',
  });
  expect(await scrape(await belfry.url())).not.toContain('trace_id');
  belfry.signal('SIGTERM');
  expect(await belfry.ended).toBe(0);
  expect(sent).toEqual([]);
});

test('a collector that is away does not hold up a process that ends', async () => {
  const belfry = await runFirst('unheard', {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_BSP_SCHEDULE_DELAY: '600000',
  });
  belfry.signal('SIGTERM');
  expect(await belfry.ended).toBe(0);
});

test('nothing is loaded unless a variable says where traces go', () => {
  const never = (): never => {
    throw new Error('it was loaded');
  };
  for (const env of [
    {},
    { OTEL_SERVICE_NAME: 'x' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    { OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'otlp' },
  ]) {
    expect(startTraceSdk(env, never)).toEqual({ state: 'off' });
  }
  expect(() => startTraceSdk({ OTEL_TRACES_EXPORTER: 'otlp' }, never)).toThrow('it was loaded');
});

test('a package that is asked for and not there is told with the variable that asks', () => {
  const missing = (): never => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  };
  expect(startTraceSdk({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, missing)).toEqual({
    state: 'missing',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  });
});

test('an SDK that is there already is left as it is', async () => {
  const env = { OTEL_TRACES_EXPORTER: 'otlp' };
  const own = startTraceSdk(env, () => sdkPackage);
  expect(own.state).toBe('started');
  const again = startTraceSdk(env, () => {
    throw new Error('it was loaded again');
  });
  expect(again).toEqual({ state: 'taken' });
  if (own.state === 'started') await own.shutdown();
  api.trace.disable();
  api.context.disable();
});
