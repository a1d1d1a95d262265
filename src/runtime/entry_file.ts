/**
 * URL of a file that is started as a thread or process of its own, given beside the module that starts it.
 * From the sources (tests) the built twin is started, since Node 20 runs no TypeScript; tests build first.
 */
export function entryFile(importer: string, name: string): URL {
  const url = new URL(name, importer);
  if (!importer.endsWith('.ts')) return new URL(url.href.replace(/\.ts$/, '.js'));
  return new URL(url.href.replace(/\/src\/(?!.*\/src\/)/, '/dist/').replace(/\.ts$/, '.js'));
}
