/** A source of chances that gives the same ones again for the same seed. */
export type Chance = {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** A whole number in [least, most]. */
  between(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
  /** Each word as often as its number says, in any order. */
  mix<Word extends string>(counts: Readonly<Record<Word, number>>): Word[];
};

/** mulberry32 (Tommy Ettinger, public domain). `TEST_SEED` repeats a run; without it each run has a seed of its own. */
export function seededChance(seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))): Chance {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[between(0, list.length - 1)] as T;
  };
  const shuffle = <T>(list: readonly T[]): T[] => {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const j = between(0, i);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  };
  const mix = <Word extends string>(counts: Readonly<Record<Word, number>>): Word[] =>
    shuffle((Object.keys(counts) as Word[]).flatMap((word) => new Array<Word>(counts[word]).fill(word)));
  return { seed, next, between, pick, shuffle, mix };
}
