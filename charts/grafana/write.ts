import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeOutputs } from './outputs.ts';

/** Writes every generated file below `files`, the folder of the chart, and answers their paths. */
export function writeOutputs(files: string): string[] {
  return makeOutputs(files).map(({ path, text }) => {
    const target = join(files, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  });
}
