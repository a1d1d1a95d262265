import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Either serves: Valkey is the fork of Redis under the old licence, with the same protocol and options. */
const SERVER_NAMES = ['redis-server', 'valkey-server'] as const;

export type BinarySearch = {
  /** The PATH variable: folders joined by `:`. */
  searchPath: string;
  /** Folders looked at before the PATH, such as the one that set-up unpacks a server into. */
  folders?: readonly string[];
};

/** The first Redis or Valkey server that can be executed, or undefined when there is none. */
export function findRedisServer({ searchPath, folders = [] }: BinarySearch): string | undefined {
  const places = [...folders, ...searchPath.split(delimiter).filter((folder) => folder !== '')];
  return places.flatMap((folder) => SERVER_NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
