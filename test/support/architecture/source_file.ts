import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { findImports } from './imports.ts';
import type { Import } from './imports.ts';
import { stripTypeScript } from './strip.ts';

/** A file of the repository, read once. `path` is relative to the root, with `/`. */
export type SourceFile = { path: string; text: string; stripped: string; imports: readonly Import[] };

const SOURCE = /\.(?:ts|mts|js|mjs|lua)$/;

/** The TypeScript, JavaScript and Lua files below `folders`, sorted by path. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .map((path) => toSourceFile(path, readFileSync(join(root, path), 'utf8')));
}

export function toSourceFile(path: string, text: string): SourceFile {
  const stripped = path.endsWith('.lua') ? text : stripTypeScript(text);
  return { path, text, stripped, imports: findImports(text, stripped) };
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

export function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}
