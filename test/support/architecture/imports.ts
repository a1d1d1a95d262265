export type Import = { specifier: string; offset: number };

/** `from '…'`, `import '…'`, `import('…')`, `require('…')`; type-only forms and re-exports included. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*|\b(?:import|require)\s*\(\s*)(['"])/g;

/** What a file imports: found in the stripped text, read from the source at the same offsets. */
export function findImports(source: string, stripped: string): Import[] {
  return [...stripped.matchAll(IMPORT)].map((match) => {
    const start = match.index + match[0].length;
    return { specifier: source.slice(start, stripped.indexOf(match[1] ?? '', start)), offset: match.index };
  });
}
