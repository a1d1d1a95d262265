import type { Family, FamilySpec } from './family.ts';
import { numberText } from './labels.ts';

/** A gauge of thousands of things that are shown together, again and again. */
export type KeyedGauge = Family & {
  clear(): void;
  /**
   * Shows a value for each of `labels` (see labelText); NaN for none. While both stay as they were, nothing is written
   * anew: most gauges of a job are the same from one scrape to the next.
   */
  showAll(labels: readonly string[], values: Float64Array): void;
};

export function createKeyedGauge({ name, help, labels = [] }: FamilySpec): KeyedGauge {
  let shown: { labels: readonly string[]; values: Float64Array; heads: string[] } | undefined;
  let text = '';
  return {
    name,
    help,
    type: 'gauge',
    labels,
    clear() {
      shown = undefined;
      text = '';
    },
    showAll(next, values) {
      const isSame = shown?.labels === next;
      if (isSame && sameValues(shown?.values, values)) return;
      const heads = isSame && shown !== undefined ? shown.heads : next.map((inner) => `${name}{${inner}} `);
      const parts: string[] = [];
      values.forEach((value, i) => {
        if (!Number.isNaN(value)) parts.push(heads[i] as string, numberText(value), '\n');
      });
      text = parts.join('');
      shown = { labels: next, values, heads };
    },
    samples: () => text,
  };
}

function sameValues(one: Float64Array | undefined, other: Float64Array): boolean {
  if (one?.length !== other.length) return false;
  for (let i = 0; i < other.length; i += 1) if (!Object.is(one[i], other[i])) return false;
  return true;
}
