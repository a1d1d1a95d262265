import { setImmediate } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Clock, DurationMs } from '../core/time/units.ts';
import { createFamilies, type Families } from './exposition/families.ts';
import type { Format } from './exposition/labels.ts';

export type Metrics = {
  families: Families;
  /** Calls this before each rendering, which waits for it: for values that are read when somebody asks. */
  onScrape(refresh: () => Promise<void> | void): void;
  /** Which values of a label are of something that still exists; undefined while nobody knows. */
  knowing(label: string, isKnown: () => ((value: string) => boolean) | undefined): void;
  /**
   * The format that the Accept header asks for, as pieces of bytes, with its content type: OpenMetrics, which has exemplars, or
   * else the text format.
   */
  render(accept?: string): Promise<{ contentType: string; pieces: readonly Buffer[] }>;
};

export type MetricsOptions = {
  clock: Clock;
  /** Most values of `job_name`; queues, pools and limits have a fifth of it. */
  maxSeries: number;
  about: { version: string; nodeVersion: string; tzVersion: string };
};

const FORGET_EVERY_MS: DurationMs = 30_000;
/** Gauges of prom-client whose names say that they count; each is there under a better name, by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The metrics of a process, with those of Node itself and what Belfry was built from. */
export function createMetrics({ clock, maxSeries, about }: MetricsOptions): Metrics {
  const few = Math.max(1, Math.floor(maxSeries / 5));
  const caps = { job_name: maxSeries, queue: few, pool: few, limit: few };
  const families = createFamilies(clock, caps);
  const node = createNodeMetrics();
  const refreshes: (() => Promise<void> | void)[] = [];
  const knowers = new Map<string, () => ((value: string) => boolean) | undefined>();
  let forgotAt = clock.monotonic();
  tellBuild(families, about);
  const folded = families.told({
    name: 'belfry_folded_series_total',
    help: 'Values of a label beyond its cap (BELFRY_METRICS_MAX_SERIES), which are counted under _other.',
    labels: ['label'],
  });
  const forget = (): void => {
    if (clock.monotonic() - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = clock.monotonic();
    for (const [label, knower] of knowers) {
      const isKnown = knower();
      if (isKnown !== undefined) families.forget(label, isKnown);
    }
  };
  return {
    families,
    onScrape: (refresh) => void refreshes.push(refresh),
    knowing: (label, isKnown) => void knowers.set(label, isKnown),
    async render(accept) {
      const format = accept?.includes('application/openmetrics-text') === true ? 'openmetrics' : 'text';
      const refreshed = refreshes.map(async (refresh) => refresh());
      // While Redis answers.
      const [nodeText] = await Promise.all([
        node(format),
        setImmediate().then(() => families.writeCounted(format)),
        ...refreshed,
      ]);
      forget();
      folded.clear();
      for (const label of Object.keys(caps)) folded.put(families.fold(label)?.folded() ?? 0, label);
      return { contentType: CONTENT_TYPES[format], pieces: families.write(format, nodeText) };
    },
  };
}

function tellBuild(families: Families, { version, nodeVersion, tzVersion }: MetricsOptions['about']): void {
  families
    .gauge({
      name: 'belfry_build_info',
      help: 'Always 1; the labels say which Belfry and which Node this process is.',
      labels: ['version', 'node_version'],
    })
    .set(1, version, nodeVersion);
  families
    .gauge({
      name: 'belfry_tzdata_info',
      help: 'Always 1; the label is the version of the time zone data of this process.',
      labels: ['tzdata'],
    })
    .set(1, tzVersion);
}

/** Heap, event loop, garbage collection and the process, by prom-client. */
function createNodeMetrics(): (format: Format) => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return async (format) => {
    const text = await registry.metrics();
    return format === 'openmetrics' ? asOpenMetrics(text) : text;
  };
}

/** A registry of prom-client can write one of the two formats only: the other one renames its counters for good. */
function asOpenMetrics(text: string): string {
  const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(([, name]) => name));
  const renamed = text.replaceAll(
    /^# (HELP|TYPE) (\S+)_total (.*)$/gm,
    (line, word: string, name: string, rest: string) => (counters.has(name) ? `# ${word} ${name} ${rest}` : line),
  );
  return `${renamed.replaceAll('\n\n', '\n')}# EOF\n`;
}
