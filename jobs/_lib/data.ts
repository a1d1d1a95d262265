import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A path in Belfry's data folder. */
export const dataPath = (...parts: string[]): string => path.resolve(process.env['BELFRY_DATA'] ?? '.belfry', ...parts);

/** What a job remembered when it last ran, or undefined: the first run, or a file that cannot be read. */
export async function recall<T>(name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(dataPath('state', `${name}.json`), 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Remembers a value for the next run. The file is replaced in one step, so a reader never sees half of it. */
export async function remember(name: string, value: unknown): Promise<void> {
  await writeWhole(dataPath('state', `${name}.json`), JSON.stringify(value));
}

export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, text);
  await rename(draft, file);
}
