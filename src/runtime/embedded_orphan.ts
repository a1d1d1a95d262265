import { BelfryError } from '../core/errors.ts';
import { readState, removeSocket } from './embedded_paths.ts';
import type { EmbeddedPaths } from './embedded_paths.ts';
import { isRunning, signal } from './processes.ts';
import type { ProcessIdentity } from './processes.ts';
import { probeServer, shutDownServer } from './redis_probe.ts';

const PROBE_MS = 1_000;
/** An AOF is flushed within this; a server that is not gone by then hangs. */
const END_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/**
 * Ends the server that a killed supervisor has left behind: two servers must never write one AOF. The caller holds the
 * folder's lock, so whatever listens on the recorded socket is ours; a pid is signalled only when its start time is
 * the recorded one too.
 */
export async function endOrphan(paths: EmbeddedPaths): Promise<'none' | 'ended'> {
  const state = readState(paths);
  if (state === undefined) return 'none';
  const isListening = (await probeServer(state.socket, PROBE_MS)) !== 'absent';
  const server = state.server !== undefined && isRunning(state.server) ? state.server : undefined;
  if (isListening || server !== undefined) await end(state.socket, server);
  removeSocket(paths, state.socket);
  return isListening || server !== undefined ? 'ended' : 'none';
}

async function end(socket: string, server: ProcessIdentity | undefined): Promise<void> {
  const isDown = (await shutDownServer(socket, END_MS)) === 'down';
  if (server !== undefined) {
    if (!isDown) signal(server, 'SIGTERM');
    if (await hasEnded(server)) return;
    signal(server, 'SIGKILL');
    if (await hasEnded(server)) return;
  } else if (isDown) return;
  throw new BelfryError('REDIS_UNAVAILABLE', `a Redis of an earlier start does not end; it listens on ${socket}`, {
    field: socket,
    hint: 'end that redis-server by hand; a second one on the same files would damage them',
  });
}

async function hasEnded(server: ProcessIdentity): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < END_MS; waitedMs += LOOK_AGAIN_MS) {
    if (!isRunning(server)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return false;
}
