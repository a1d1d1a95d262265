import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** One of the files that a job is made of: the job file itself, or what it imports by a relative path. */
export type SourceFile = { file: string; source: string };

/** `static`: what must run before the file does. `all`: what it may ask for while it runs, too. */
export type ImportReach = 'static' | 'all';

const SUFFIXES = ['', '.ts', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js'];
const SPECIFIER = `(?:'(\\.{1,2}/[^'\\n]+)'|"(\\.{1,2}/[^"\\n]+)")`;
const IMPORTS = {
  static: new RegExp(`(?:\\bfrom\\s*|\\bimport\\s*)${SPECIFIER}`, 'g'),
  all: new RegExp(`(?:\\bfrom\\s*|\\bimport\\s*\\(?\\s*|\\brequire\\s*\\(\\s*)${SPECIFIER}`, 'g'),
};
// A specifier that only types are taken from is not followed: nothing of it is there at run time.
const TYPE_IMPORT = /\b(?:import|export)\s+type\s[^;'"]*?\bfrom\s*(?:'[^'\n]*'|"[^"\n]*")/g;

/**
 * A file with everything that it imports, importers after what they import (a cycle is cut where it closes).
 * Specifiers are found by their text, which may see one in a comment: a file too many costs a reload too many, no more.
 */
export function traceImports(entry: string, reach: ImportReach): SourceFile[] {
  const ordered: SourceFile[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    const imports = file.endsWith('.json') ? [] : importsOf({ file, source }, reach);
    for (const target of imports) if (!seen.has(target)) visit(target);
    ordered.push({ file, source });
  };
  visit(entry);
  return ordered;
}

function importsOf({ file, source }: SourceFile, reach: ImportReach): string[] {
  const found = new Set<string>();
  for (const match of source.replaceAll(TYPE_IMPORT, '').matchAll(IMPORTS[reach])) {
    const target = resolveFile(path.resolve(path.dirname(file), match[1] ?? match[2] ?? ''));
    if (target !== undefined) found.add(target);
  }
  return [...found];
}

/** The file that a specifier names: as written, without its extension, or `.js` written for what is a `.ts`. */
function resolveFile(target: string): string | undefined {
  const bases = [target, target.replace(/\.js$/, '.ts').replace(/\.mjs$/, '.mts')];
  const candidates = bases.flatMap((base) => SUFFIXES.map((suffix) => base + suffix));
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}

/** The file with its text, or undefined when it cannot be read. */
export function readSource(file: string): SourceFile | undefined {
  try {
    return { file, source: readFileSync(file, 'utf8') };
  } catch {
    return undefined;
  }
}

/** Paths of a job file and of all that it imports; of itself alone when they cannot be read. */
export function filesOf(entry: string): string[] {
  try {
    return traceImports(entry, 'all').map(({ file }) => file);
  } catch {
    return [entry];
  }
}
