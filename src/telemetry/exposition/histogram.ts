import type { EpochMs } from '../../core/time/units.ts';
import type { CountedFamily, FamilySpec } from './family.ts';
import type { Fold } from './fold.ts';
import { labelText, type Format } from './labels.ts';
import { createSeriesTable } from './series_table.ts';
import { createSheet } from './sheet.ts';

/** One observation of a bucket, with the trace that it belongs to. */
type Exemplar = { traceparent: string; value: number; at: EpochMs };

export type Histogram = CountedFamily & {
  /** `traceparent`: of the trace that the observation belongs to; kept as an exemplar where the trace is sampled. */
  observe(value: number, first?: string, traceparent?: string): void;
};

export type HistogramSpec = FamilySpec & {
  /** Upper bounds, rising, without the last one, which is infinity. */
  buckets: readonly number[];
};

class HistogramSeries {
  readonly labels: string;
  /** How many fell into each bucket alone. */
  readonly counts: Float64Array;
  count = 0;
  sum = 0;
  exemplars: (Exemplar | undefined)[] | undefined;
  /** As it was written last, and the count that it had then: most series are idle from one scrape to the next. */
  written: { count: number; format: Format | 'either'; text: string } | undefined;

  constructor(labels: string, buckets: number) {
    this.labels = labels;
    this.counts = new Float64Array(buckets);
  }
}

const LINE_CHARACTERS = 80;

/** @param now wall clock, for exemplars */
export function createHistogram(
  { name, help, labels = [], buckets }: HistogramSpec,
  fold: Fold | undefined,
  now: () => EpochMs,
): Histogram {
  const table = createSeriesTable((values) => new HistogramSeries(labelText(labels, values), buckets.length + 1), fold);
  const bounds = [...buckets.map(String), '+Inf'].map((bound) => `le="${bound}"} `);
  const line = { name, bounds };
  const sheet = createSheet(LINE_CHARACTERS * (bounds.length + 2));
  return {
    name,
    help,
    type: 'histogram',
    labels,
    observe(value, first = '', traceparent) {
      const series = table.of(first, '');
      let bucket = 0;
      while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket += 1;
      series.counts[bucket] = (series.counts[bucket] as number) + 1;
      series.count += 1;
      series.sum += value;
      if (traceparent === undefined || !isSampled(traceparent)) return;
      series.exemplars ??= [];
      series.exemplars[bucket] = { traceparent, value, at: now() };
    },
    samples: (format) => sheet.write(table.all(), (series) => textOf(series, format, line)),
    firsts: table.firsts,
    activity: table.activity,
    drop: table.drop,
  };
}

function textOf(series: HistogramSeries, format: Format, { name, bounds }: { name: string; bounds: string[] }): string {
  const { written, count, exemplars } = series;
  const isFresh = written?.count === count && (written.format === 'either' || written.format === format);
  if (isFresh) return written.text;
  const text = writeSeries(series, format, { name, bounds });
  series.written = { count, format: exemplars === undefined ? 'either' : format, text };
  return text;
}

function writeSeries(
  { labels, counts, count, sum, exemplars }: HistogramSeries,
  format: Format,
  { name, bounds }: { name: string; bounds: string[] },
): string {
  const head = `${name}_bucket{${labels}${labels === '' ? '' : ','}`;
  const inner = labels === '' ? '' : `{${labels}}`;
  // Joined: a text that is added to bit by bit is put together again each time that it is read.
  const parts: string[] = [];
  let below = 0;
  for (let i = 0; i < bounds.length; i += 1) {
    below += counts[i] as number;
    const exemplar = format === 'openmetrics' ? exemplars?.[i] : undefined;
    parts.push(head, bounds[i] as string, String(below), exemplar === undefined ? '\n' : `${exemplarText(exemplar)}\n`);
  }
  parts.push(name, '_sum', inner, ' ', String(sum), '\n', name, '_count', inner, ' ', String(count), '\n');
  return parts.join('');
}

/** `00-<trace id>-<span id>-<flags>`, see W3C Trace Context. */
function exemplarText({ traceparent, value, at }: Exemplar): string {
  const [, trace, span] = traceparent.split('-');
  return ` # {trace_id="${trace ?? ''}",span_id="${span ?? ''}"} ${String(value)} ${String(at / 1_000)}`;
}

/** An exemplar that leads to a trace which nobody has kept is worse than none. */
function isSampled(traceparent: string): boolean {
  return (parseInt(traceparent.slice(-1), 16) & 1) === 1;
}
