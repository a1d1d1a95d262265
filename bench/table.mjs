// @ts-check
import { format } from './run_case.mjs';

const HEADINGS = ['', 'unit', 'Belfry', 'min … max', 'peer', 'min … max', 'times better'];

/** @param {{ machine: Record<string, unknown>, results: import('./run_case.mjs').Result[] }} report */
export function printTable({ machine, results }) {
  const rows = results.map(({ name, unit, belfry, peer, ratio }) => [
    name,
    unit,
    format(belfry.median),
    rangeOf(belfry),
    peer === null ? '-' : format(peer.median),
    peer === null ? '-' : rangeOf(peer),
    ratio === null ? '-' : format(ratio),
  ]);
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const about = Object.entries(machine).map(([key, value]) => `${key} ${String(value)}`);
  const peers = [...new Set(results.flatMap(({ peer }) => peer?.name ?? []))];
  process.stdout.write(`${about.join(' · ')}\npeer: ${peers.join(', ')}; medians\n\n${lines.join('\n')}\n`);
}

/** @param {import('./statistics.mjs').Spread} spread */
function rangeOf({ min, max }) {
  return min === max ? '' : `${format(min)} … ${format(max)}`;
}
