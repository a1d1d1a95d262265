import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What `belfry` is for the job files of a test: the very sources under test. */
export const importPackage = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

export type JobsFolder = {
  directory: string;
  /** Absolute path of a file of the folder. */
  file(name: string): string;
  write(name: string, text: string): void;
  remove(name: string): void;
};

/** A jobs folder of this test alone, removed at its end. */
export function makeJobsFolder(files: Record<string, string> = {}): JobsFolder {
  const parent = realpathSync(mkdtempSync(path.join(tmpdir(), 'belfry-test-')));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const directory = path.join(parent, 'jobs');
  mkdirSync(directory);
  const file = (name: string): string => path.join(directory, name);
  const write = (name: string, text: string): void => {
    mkdirSync(path.dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { directory, file, write, remove: (name) => rmSync(file(name)) };
}

/** The text of a job file whose handler answers the value. */
export const jobAnswering = (value: unknown): string =>
  `import { defineJob } from 'belfry';\nexport default defineJob({ run: () => (${JSON.stringify(value)}) });\n`;
