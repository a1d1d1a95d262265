import type { CountedFamily, FamilySpec } from './family.ts';
import type { Fold } from './fold.ts';
import { labelText } from './labels.ts';
import { createSeriesTable } from './series_table.ts';
import { createSheet } from './sheet.ts';

export type CounterSeries = { count: number; readonly head: string; written: { count: number; line: string } };
export type Counter = CountedFamily & {
  inc(first?: string, second?: string, by?: number): void;
  /** There from now on, at 0: so that the first event is an increase. */
  open(first?: string, second?: string): void;
};

const ROW_CHARACTERS = 80;

export function createCounter({ name, help, labels = [] }: FamilySpec, fold: Fold | undefined): Counter {
  const table = createSeriesTable<CounterSeries>((values) => {
    const text = labelText(labels, values);
    const head = text === '' ? `${name} ` : `${name}{${text}} `;
    return { count: 0, head, written: { count: 0, line: `${head}0\n` } };
  }, fold);
  const sheet = createSheet(ROW_CHARACTERS);
  return {
    name,
    help,
    type: 'counter',
    labels,
    inc(first = '', second = '', by = 1) {
      table.of(first, second).count += by;
    },
    open: (first = '', second = '') => void table.of(first, second),
    samples: () => sheet.write(table.all(), lineOf),
    firsts: table.firsts,
    activity: table.activity,
    drop: table.drop,
  };
}

/** Most counters stand still from one scrape to the next. */
function lineOf(series: CounterSeries): string {
  const { head, count, written } = series;
  if (written.count !== count) series.written = { count, line: [head, String(count), '\n'].join('') };
  return series.written.line;
}
