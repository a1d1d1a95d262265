import type { WhenRule } from '../schedule.ts';

/** What a plain `H` draws from, by field from the minute on, and the weight that each value of it has. */
const RANGES = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 28 },
  { min: 1, max: 12 },
  { min: 0, max: 6 },
] as const;
const SECONDS = { min: 0, max: 59 };
const HASHED = /^H(?:\((\d+)-(\d+)\))?(?:\/(\d+))?$/i;
const HASH_IN_LIST = /(?:^|,)H/i;

/** A rule that names all that its `H` may draw, and the part of the schedules that fires at each of these times. */
export type EvenRule = { rule: WhenRule; share: number };

/**
 * Many schedules of one rule with `H` as one: `H 3 * * *` becomes `0-59 3 * * *`, where each minute is one sixtieth of
 * them. Undefined where `H` stands in a list or in a part of a union, which is not told apart so simply.
 */
export function spreadHash(rule: WhenRule): EvenRule | undefined {
  const fields = rule.c?.trim().split(/\s+/) ?? [];
  if (fields.length < 5) return undefined;
  const ranges = fields.length > 5 ? [SECONDS, ...RANGES] : RANGES;
  let share = 1;
  const spread: string[] = [];
  for (const [i, field] of fields.entries()) {
    const match = HASHED.exec(field);
    const range = ranges[i];
    if (match === null || range === undefined) {
      if (HASH_IN_LIST.test(field)) return undefined;
      spread.push(field);
      continue;
    }
    const [, from = String(range.min), to = String(range.max), step] = match;
    share /= step === undefined ? Number(to) - Number(from) + 1 : Number(step);
    spread.push(`${from}-${to}`);
  }
  return { rule: { ...rule, c: spread.join(' ') }, share };
}
