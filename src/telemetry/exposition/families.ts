import type { Clock, DurationMs } from '../../core/time/units.ts';
import { createCounter, type Counter } from './counter.ts';
import type { CountedFamily, Family, FamilySpec } from './family.ts';
import { createFold, type Fold } from './fold.ts';
import { createGauge, type Gauge } from './gauge.ts';
import { createHistogram, type Histogram, type HistogramSpec } from './histogram.ts';
import { createKeyedGauge, type KeyedGauge } from './keyed_gauge.ts';
import { headText, type Format } from './labels.ts';

/** The metrics of a process. */
export type Families = {
  counter(spec: FamilySpec): Counter;
  gauge(spec: FamilySpec): Gauge;
  keyed(spec: FamilySpec): KeyedGauge;
  /** A counter that somebody else counts; what is put is its total. */
  told(spec: FamilySpec): Gauge;
  histogram(spec: HistogramSpec): Histogram;
  /** Of a label whose values are not known beforehand; undefined for others. */
  fold(label: string | undefined): Fold | undefined;
  all(): readonly Family[];
  /** Drops the counts of what is not known any more and has been idle for a quarter of an hour. */
  forget(label: string, isKnown: (value: string) => boolean): void;
  /** What can be written before those are read that somebody else counts: `write` has the less to do. */
  writeCounted(format: Format): void;
  /** @param tail what comes behind them */
  write(format: Format, tail?: string): readonly Buffer[];
};

/**
 * How long a count of something that is gone is still served: long enough that each Prometheus has scraped its last
 * increase.
 */
const FORGET_MS: DurationMs = 15 * 60_000;

/** @param caps most values by label; other labels have few values by themselves */
export function createFamilies(clock: Clock, caps: Readonly<Record<string, number>>): Families {
  const families: Family[] = [];
  const counted: CountedFamily[] = [];
  const folds = new Map(Object.entries(caps).map(([label, cap]) => [label, createFold(cap)]));
  const idle = new Map<string, { activity: number; since: number }>();
  const fold = (label: string | undefined): Fold | undefined => (label === undefined ? label : folds.get(label));
  const added = <Made extends Family>(family: Made): Made => {
    families.push(family);
    return family;
  };
  const countedToo = <Made extends CountedFamily>(family: Made): Made => {
    counted.push(family);
    return added(family);
  };
  return {
    counter: (spec) => countedToo(createCounter(spec, fold(spec.labels?.[0]))),
    gauge: (spec) => added(createGauge(spec)),
    keyed: (spec) => added(createKeyedGauge(spec)),
    told: (spec) => added(createGauge(spec, 'counter')),
    histogram: (spec) => countedToo(createHistogram(spec, fold(spec.labels?.[0]), () => clock.now())),
    fold,
    all: () => families,
    forget(label, isKnown) {
      const having = counted.filter(({ labels }) => labels[0] === label);
      const values = new Set(having.flatMap((family) => [...family.firsts()]));
      for (const value of values) {
        const key = `${label} ${value}`;
        const activity = having.reduce((sum, family) => sum + family.activity(value), 0);
        const last = idle.get(key);
        if (isKnown(value)) idle.delete(key);
        else if (last === undefined || last.activity !== activity)
          idle.set(key, { activity, since: clock.monotonic() });
        else if (clock.monotonic() - last.since >= FORGET_MS) {
          idle.delete(key);
          for (const family of having) family.drop(value);
          fold(label)?.release(value);
        }
      }
      for (const value of fold(label)?.values() ?? []) {
        if (!values.has(value) && !isKnown(value)) fold(label)?.release(value);
      }
    },
    writeCounted(format) {
      for (const family of counted) family.samples(format);
    },
    write: (format, tail = '') => writeAll(families, format, tail),
  };
}

/** What is short is put together, so that the socket gets few pieces. */
function writeAll(families: readonly Family[], format: Format, tail: string): Buffer[] {
  const pieces: Buffer[] = [];
  let short = '';
  for (const family of families) {
    short += headText(family, format);
    const samples = family.samples(format);
    if (typeof samples === 'string') {
      short += samples;
      continue;
    }
    pieces.push(Buffer.from(short), ...samples);
    short = '';
  }
  pieces.push(Buffer.from(short + tail));
  return pieces;
}
