import type { Family, FamilySpec } from './family.ts';
import { labelText, numberText } from './labels.ts';

/** Written anew for each scrape: `clear`, then one `put` per sample. */
export type Gauge = Family & {
  clear(): void;
  put(value: number, ...values: string[]): void;
  /** Clears, and puts one sample. */
  set(value: number, ...values: string[]): void;
};

/** @param type `counter` where somebody else counts, such as Redis */
export function createGauge({ name, help, labels = [] }: FamilySpec, type: 'gauge' | 'counter' = 'gauge'): Gauge {
  let text = '';
  const put = (value: number, ...values: string[]): void => {
    const inner = labelText(labels, values);
    text += `${name}${inner === '' ? '' : `{${inner}}`} ${numberText(value)}\n`;
  };
  const clear = (): void => void (text = '');
  return {
    name,
    help,
    type,
    labels,
    clear,
    put,
    set(value, ...values) {
      clear();
      put(value, ...values);
    },
    samples: () => text,
  };
}
