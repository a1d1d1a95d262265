import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place, Variables } from './belfry_process.ts';

const RECORDER = new URL('loaded_modules.mjs', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export type LoadRecord = {
  /** For a process of the place. */
  variables: Variables;
  /** What was loaded until now: `dist/…` of this package, and of others what follows `node_modules/`. */
  modules(): string[];
};

/** Records which modules a process loads, its threads included. Of a CommonJS package only the module that is imported is seen. */
export function recordLoads(place: Place): LoadRecord {
  const file = join(place.folder, 'loaded_modules.txt');
  return {
    variables: { NODE_OPTIONS: `--import=${RECORDER}`, LOADED_MODULES: file },
    modules: () => [...new Set(readFileSync(file, 'utf8').trim().split('\n').map(nameOf))].sort(),
  };
}

function nameOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  const path = fileURLToPath(url);
  return path.startsWith(ROOT) ? path.slice(ROOT.length).replace(/^.*node_modules\//, '') : path;
}
