import { createRequire } from 'node:module';
import { isTraceSdkRegistered } from './open_telemetry.ts';

/** What is used of the optional package `@opentelemetry/sdk-node`. */
type Sdk = { start(): void; shutdown(): Promise<void> };
type SdkPackage = {
  NodeSDK: new (options: { metricReaders: []; logRecordProcessors: []; serviceName?: string }) => Sdk;
};

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * `off`: nobody asked for traces. `taken`: whoever started the process has set an SDK up already. `missing`: `variable` asks for
 * traces, and the package is not there.
 */
export type TraceSdk =
  | { state: 'off' | 'taken' }
  | { state: 'missing'; variable: string }
  | { state: 'started'; shutdown(): Promise<void> };

/** Each says where traces go; without one of them nothing is started, though the SDK has a default of its own. */
const ASKING = ['OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const SERVICE_NAME = 'belfry';

/**
 * Starts OpenTelemetry's SDK for traces where the standard OTEL_ variables ask for it, which it reads by itself: exporter,
 * sampler, limits, resource. Metrics and logs are not its business: Belfry has its own. Throws what the SDK throws.
 */
export function startTraceSdk(env: Variables, load: () => unknown = loadPackage): TraceSdk {
  const variable = askingVariable(env);
  if (variable === undefined) return { state: 'off' };
  if (isTraceSdkRegistered()) return { state: 'taken' };
  let loaded: SdkPackage;
  try {
    loaded = load() as SdkPackage;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return { state: 'missing', variable };
    throw error;
  }
  const sdk = new loaded.NodeSDK({
    metricReaders: [],
    logRecordProcessors: [],
    ...(hasServiceName(env) ? {} : { serviceName: SERVICE_NAME }),
  });
  sdk.start();
  return { state: 'started', shutdown: () => sdk.shutdown() };
}

const loadPackage = (): unknown => createRequire(import.meta.url)('@opentelemetry/sdk-node');

/** An empty variable counts as one that is not set, as the specification has it. */
function askingVariable(env: Variables): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return undefined;
  if (env['OTEL_TRACES_EXPORTER']?.trim() === 'none') return undefined;
  return ASKING.find((name) => (env[name]?.trim() ?? '') !== '');
}

function hasServiceName(env: Variables): boolean {
  return (
    (env['OTEL_SERVICE_NAME'] ?? '') !== '' || /(?:^|,)\s*service\.name=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '')
  );
}
