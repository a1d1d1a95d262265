import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ProcessIdentity } from './processes.ts';

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, its closing zero included. */
const LONGEST_SOCKET_PATH = 100;

/** What the supervisor writes down for the next one, and for commands that look for the server. */
export type EmbeddedState = { socket: string; server?: ProcessIdentity };

export type EmbeddedPaths = { folder: string; lockFile: string; stateFile: string; logFile: string };

/** Where the embedded server of a data folder keeps its things. */
export function embeddedPaths(dataFolder: string): EmbeddedPaths {
  const folder = resolve(dataFolder, 'redis');
  return {
    folder,
    lockFile: join(folder, 'owner.lock'),
    stateFile: join(folder, 'state.json'),
    logFile: join(folder, 'redis.log'),
  };
}

/** The unix socket of the data folder's embedded server, whether it runs or not. */
export function embeddedSocket(dataFolder: string): string {
  const paths = embeddedPaths(dataFolder);
  return readState(paths)?.socket ?? socketBeside(paths);
}

/**
 * The socket for a new server: in its folder, or, where this path is too long for a socket, in a fresh private folder
 * of the system's temporary one; that one is only found through the state file.
 */
export function chooseSocket(paths: EmbeddedPaths): string {
  const beside = socketBeside(paths);
  if (Buffer.byteLength(beside) <= LONGEST_SOCKET_PATH) return beside;
  return join(mkdtempSync(join(tmpdir(), 'belfry-')), 'redis.sock');
}

/** Removes a socket, and its folder when that was made for it. */
export function removeSocket(paths: EmbeddedPaths, socket: string): void {
  const isBeside = dirname(socket) === paths.folder;
  rmSync(isBeside ? socket : dirname(socket), { force: true, recursive: true });
}

/** The server holds all payloads: its folder is for its owner's eyes only. */
export function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

export function readState({ stateFile }: EmbeddedPaths): EmbeddedState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8')) as EmbeddedState;
  } catch {
    return undefined;
  }
}

/** By a rename, so that a reader sees the old state or the new one. */
export function writeState({ stateFile }: EmbeddedPaths, state: EmbeddedState): void {
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}

function socketBeside({ folder }: EmbeddedPaths): string {
  return join(folder, 'redis.sock');
}
