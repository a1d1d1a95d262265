import type { DurationMs, EpochMs } from './units.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * How long after its fire time a run is due, in whole ms, in [0, boundMs].
 *
 * A pure function of schedule and fire time, so that each replica computes the same. `fireTime + jitter` stays before
 * `nextFireTime` (undefined when there is none), so that the order of the fire times is kept.
 * The hash is FNV-1a over the UTF-16 units of the id and the two halves of the fire time, finished with the
 * `fmix32` step of MurmurHash3: FNV-1a alone leaves its high bits near equal for neighbouring fire times.
 */
export function jitterOf(
  scheduleId: string,
  fireTime: EpochMs,
  boundMs: DurationMs,
  nextFireTime: EpochMs | undefined,
): DurationMs {
  const roomMs = nextFireTime === undefined ? boundMs : Math.min(boundMs, nextFireTime - fireTime - 1);
  if (!(roomMs >= 1)) return 0;
  return Math.floor((hash(scheduleId, fireTime) / 2 ** 32) * (Math.floor(roomMs) + 1));
}

/**
 * A schedule's own place in a window that spreads schedules of one rule: whole ms in [0, windowMs), always the same for one
 * id, and before `roomMs` (the time to the next fire time) is over: a window longer than that is taken to be that long.
 */
export function windowOffsetOf(scheduleId: string, windowMs: DurationMs, roomMs: DurationMs): DurationMs {
  const spreadMs = Math.floor(Math.min(windowMs, roomMs));
  return spreadMs >= 1 ? Math.floor((hash(scheduleId, 0) / 2 ** 32) * spreadMs) : 0;
}

function hash(text: string, number: number): number {
  let value = FNV_OFFSET;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  value = Math.imul(value ^ (number | 0), FNV_PRIME);
  value = Math.imul(value ^ Math.floor(number / 2 ** 32), FNV_PRIME);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
