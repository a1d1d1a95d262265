import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti, type Jiti, type ModuleCache } from 'jiti';
import { traceImports, type SourceFile } from './imports.ts';

export type ImporterOptions = {
  /** Absolute path of the jobs folder. */
  directory: string;
  /** Absolute path of this package's index, which `import … from 'belfry'` in a job file resolves to. */
  importPackage: string;
  /** Folder in which compiled TypeScript is kept between starts. Left out: nothing is kept. */
  cacheDirectory?: string | undefined;
};

/** A loaded module: what it exports, and the files it is made of. */
export type LoadedModule = { exports: Record<string, unknown>; sources: SourceFile[] };

export type Importer = {
  /** Loads a file unless it is loaded already. Throws whatever the file throws. */
  load(file: string): Promise<LoadedModule>;
  /** Forgets files, so that the next `load` reads them from the disk again. */
  forget(files: Iterable<string>): void;
  /** The JavaScript that a file is compiled to, with an inline source map: for the position of an error. */
  compile(source: SourceFile): string;
};

const isJavaScript = (file: string): boolean => /\.m?js$/.test(file);

/**
 * Imports TypeScript and JavaScript files with jiti, each module once per importer, so that job files share what they
 * import. Node's own module cache is never used: it cannot forget, and a watched file must be read again.
 */
export async function createImporter({ directory, importPackage, cacheDirectory }: ImporterOptions): Promise<Importer> {
  // The very module that this process runs on: `instanceof` holds between a job file and the worker.
  const belfry: unknown = await import(pathToFileURL(importPackage).href);
  const jiti = createJiti(path.join(directory, 'index.ts'), {
    fsCache: cacheDirectory ?? false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { belfry },
  });
  const cache: ModuleCache = {};
  return {
    load: async (file) => {
      try {
        const exports = await evaluate({ jiti, cache }, file);
        return { exports, sources: traceImports(file, 'all') };
      } finally {
        forgetUnfinished(cache);
      }
    },
    forget: (files) => {
      for (const file of files) delete cache[file];
    },
    compile: (source) => compileWithMap(jiti, source),
  };
}

/**
 * jiti hands a nested `.js` or `.mjs` to Node, whose module cache cannot forget it; so those are evaluated here, before
 * the file that imports them (the order in which ES modules run anyway).
 */
async function evaluate(
  { jiti, cache }: { jiti: Jiti; cache: ModuleCache },
  entry: string,
): Promise<Record<string, unknown>> {
  for (const { file, source } of traceImports(entry, 'static')) {
    const wanted = file === entry || isJavaScript(file);
    if (!wanted || cache[file] !== undefined) continue;
    await jiti.evalModule(source, { filename: file, async: true, forceTranspile: true, cache });
  }
  return cache[entry]?.exports as Record<string, unknown>;
}

/** A module that threw stays in jiti's cache half done; the next importer must get the error, not the half. */
function forgetUnfinished(cache: ModuleCache): void {
  for (const [file, module] of Object.entries(cache)) if (!module.loaded) delete cache[file];
}

function compileWithMap(jiti: Jiti, { file, source }: SourceFile): string {
  const babel = { sourceMaps: 'inline', sourceFileName: file };
  return jiti.transform({ source, filename: file, ts: !isJavaScript(file), async: true, interopDefault: false, babel });
}
