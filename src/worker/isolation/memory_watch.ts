import type { DurationMs } from '../../core/time/units.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readGroupMemory } from '../../runtime/group_memory.ts';

const EVERY_MS: DurationMs = 200;
/** A look at a host with very many processes takes its time; it may take two per cent of this thread's. */
const REST_PER_LOOK = 50;

type Watched = { bytes: number; exceed: () => void };

const groups = new Map<number, Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `exceed` once when the processes of a group take more memory than `bytes` together. One look at the processes of
 * this host, a few times a second, serves all groups. Returns how to end it.
 */
export function watchMemory(group: number, bytes: number, exceed: () => void): () => void {
  groups.set(group, { bytes, exceed });
  timer ??= setTimeout(look, EVERY_MS).unref();
  return () => void groups.delete(group);
}

function look(): void {
  timer = undefined;
  if (groups.size === 0) return;
  const from = systemClock.monotonic();
  for (const [group, used] of readGroupMemory(new Set(groups.keys()))) {
    const watched = groups.get(group);
    if (watched === undefined || used <= watched.bytes) continue;
    groups.delete(group);
    watched.exceed();
  }
  timer = setTimeout(look, Math.max(EVERY_MS, REST_PER_LOOK * (systemClock.monotonic() - from))).unref();
}
