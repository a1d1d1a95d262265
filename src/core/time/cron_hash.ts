import type { CronFieldSpec } from './cron_field_spec.ts';

/** Each field has a draw of its own, in the order in which cron-parser reads them. A year has none. */
const DRAWS: readonly CronFieldSpec['key'][] = ['second', 'minute', 'hour', 'month', 'dayOfMonth', 'dayOfWeek'];

export type Hashed = {
  /** What it draws from, in order: 22, 23, 0, 1 for `H(22-1)`. */
  readonly range: readonly number[];
  readonly step: number | undefined;
};

/**
 * The values that `H` stands for in a field, drawn from the schedule's id.
 *
 * The draw is the one of cron-parser 5 (FNV-1a of the seed, then mulberry32, one number per field; a step is counted
 * from multiples of itself), written out here because it may never change: each stored schedule with an `H` would move.
 * And at a million schedules it has to take less than a whole parse each.
 */
export function drawHashed({ range, step }: Hashed, key: CronFieldSpec['key'], seed: string): number[] {
  const fraction = drawFraction(seed, DRAWS.indexOf(key));
  const first = range[0] ?? 0;
  // In a range that wraps around, multiples of the step mean nothing: it is counted from the beginning.
  const wraps = first > (range.at(-1) ?? 0);
  if (step !== undefined) {
    const begin = Math.floor(fraction * step) - (wraps ? 0 : first % step);
    const stepped = range.filter((_, index) => index >= begin && (index - begin) % step === 0);
    if (stepped.length > 0) return stepped;
  }
  return range.slice(Math.floor(fraction * range.length)).slice(0, 1);
}

/** A number in [0, 1). The prefix keeps an empty id from being no seed at all. */
function drawFraction(seed: string, draw: number): number {
  const state = fnv1a(`belfry:${seed}`) + Math.imul(draw + 1, 0x6d2b79f5);
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

/** Source: Fowler, Noll and Vo, 32 bits, over the UTF-16 units of the text. */
function fnv1a(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  }
  return hash >>> 0;
}
