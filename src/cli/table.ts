import { stripVTControlCharacters } from 'node:util';
import type { Paint } from './paint.ts';

const GAP = '  ';

/** Rows as aligned columns under a head; a cell may hold colours. No row gives the empty string. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  if (rows.length === 0) return '';
  const all = [head.map((title) => paint('dim', title)), ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) => `${alignRow(row, widths)}\n`).join('');
}

/** Lines of `name  value`, the names as wide as the widest; a value left out leaves out its line. */
export function formatFields(fields: readonly (readonly [string, string | undefined])[], paint: Paint): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  const margin = `\n${' '.repeat(width)}${GAP}`;
  return shown
    .map(([name, value]) => `${paint('dim', name.padEnd(width))}${GAP}${value.replaceAll('\n', margin)}\n`)
    .join('');
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
    .join(GAP)
    .trimEnd();
}

function widthOf(cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length;
}
