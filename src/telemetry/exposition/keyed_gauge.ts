import type { Family, FamilySpec } from './family.ts';
import { numberText } from './labels.ts';
import { createSheet } from './sheet.ts';

/** A gauge of thousands of things that are shown together, again and again. */
export type KeyedGauge = Family & {
  clear(): void;
  /**
   * Shows a value for each of `labels` (see labelText); NaN for none. Only lines whose value or label changed are written
   * anew: most gauges of a job are the same from one scrape to the next.
   */
  showAll(labels: readonly string[], values: Float64Array): void;
};

const ROW_CHARACTERS = 80;

export function createKeyedGauge({ name, help, labels = [] }: FamilySpec): KeyedGauge {
  let keys: readonly string[] = [];
  let shown: Float64Array = new Float64Array(0);
  let lines: string[] = [];
  const sheet = createSheet(ROW_CHARACTERS);
  const lineOf = (key: string, value: number): string =>
    Number.isNaN(value) ? '' : `${name}{${key}} ${numberText(value)}\n`;
  return {
    name,
    help,
    type: 'gauge',
    labels,
    clear() {
      keys = [];
      shown = new Float64Array(0);
      lines = [];
    },
    showAll(next, values) {
      if (keys === next) {
        for (let i = 0; i < values.length; i += 1) {
          const value = values[i] as number;
          if (!Object.is(shown[i], value)) lines[i] = lineOf(next[i] as string, value);
        }
      } else lines = next.map((key, i) => lineOf(key, values[i] as number));
      keys = next;
      shown = values;
    },
    samples: () => sheet.write(lines, (line) => line),
  };
}
