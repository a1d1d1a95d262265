import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './imports.ts';

/** A place in a user's file; line and column count from 1. */
export type Position = { file: string; line: number; column: number };

/** Text before a module's own text on its first line, as jiti evaluates it: what columns there are off by. */
const WRAPPER = '(async function (exports, require, module, __filename, __dirname, jitiImport, jitiESMResolve) { ';
const FRAME = /(?:\(|\bat (?:async )?)((?:file:\/\/)?\/[^()\n]*?):(\d+):(\d+)\)?$/gm;
const PARSE_ERROR = /^ParseError: ([\s\S]*?)\s+([^\s].*):(\d+):(\d+)$/;

/** The reason and place of a syntax error as jiti reports it, or undefined for any other error. */
export function syntaxError(thrown: unknown): { reason: string; position: Position } | undefined {
  const match = thrown instanceof Error ? PARSE_ERROR.exec(thrown.message) : null;
  if (match === null) return undefined;
  const [, reason = '', file = '', line, column] = match;
  return { reason: reason.trim(), position: { file, line: Number(line), column: Number(column) + 1 } };
}

/** The first frame of an error's stack that is in a file the caller knows; a position in the compiled text. */
export function firstFrame(thrown: unknown, isKnown: (file: string) => boolean): Position | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const [, where = '', line, column] of stack.matchAll(FRAME)) {
    const file = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (isKnown(file)) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** Turns a position in compiled JavaScript that ends with an inline source map into one in the user's own text. */
export function toOriginal(position: Position, compiled: string): Position {
  const encoded = /\/\/# sourceMappingURL=data:[^,]*;base64,([\w+/=]+)\s*$/.exec(compiled)?.[1];
  if (encoded === undefined) return position;
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload);
  const shift = position.line === 1 ? WRAPPER.length : 0;
  const entry = map.findEntry(position.line - 1, Math.max(0, position.column - 1 - shift));
  if (!('originalLine' in entry)) return position;
  return { file: position.file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/**
 * Where a field such as `schedule.cron` is written in a job file, or undefined. The keys of the path are looked for one
 * after the other as `key:` (or `key,` and `key(`, shorthand and method), one that is not there being skipped; good
 * enough for a hint, not a parser.
 * `column` (from 1) points into the field's own text, when that stands quoted on the same line.
 */
export function findField(field: string, source: SourceFile, column?: number): Position | undefined {
  const start = Math.max(0, source.source.search(/\bexport\s+default\b/));
  let offset: number | undefined;
  for (const key of field.split('.')) {
    const from = offset ?? start;
    const pattern = new RegExp(`(?<![\\w$.'"])['"]?${escapeForRegExp(key.replace(/\[\d+\]$/, ''))}['"]?\\s*[:,(}]`);
    const match = pattern.exec(source.source.slice(from));
    if (match === null) continue;
    offset = from + match.index;
  }
  if (offset === undefined) return undefined;
  const quote = /:\s*['"`]/.exec(source.source.slice(offset).split('\n', 1)[0] ?? '');
  if (column !== undefined && quote !== null) offset += quote.index + quote[0].length + column - 1;
  return positionAt(offset, source);
}

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** Where a text such as an import specifier stands in a file, or undefined. */
export function findText(text: string, source: SourceFile): Position | undefined {
  const offset = source.source.indexOf(text);
  return offset < 0 ? undefined : positionAt(offset, source);
}

function positionAt(offset: number, { file, source }: SourceFile): Position {
  const before = source.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
