import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHART, renderChart } from '../chart.ts';
import type { Manifest } from '../chart.ts';

/** The files of values that the chart must be right with, by name. Read from the folder, so that none is forgotten. */
export function ciFiles(): Readonly<Record<string, string>> {
  const folder = join(CHART, 'ci');
  const names = readdirSync(folder).filter((name) => name.endsWith('-values.yaml'));
  return Object.fromEntries(names.toSorted().map((name) => [name, join(folder, name)]));
}

/** What the chart renders without any values and with each of these files. */
export async function allRenderings(): Promise<readonly (readonly [string, readonly Manifest[]])[]> {
  const withFiles = Object.entries(ciFiles()).map(async ([name, file]) => [name, await renderChart(file)] as const);
  return [['no values', await renderChart()], ...(await Promise.all(withFiles))];
}
