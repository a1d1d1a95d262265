/**
 * Sets of small numbers as bits, with the next and the previous member found by one instruction instead of a loop.
 * "No such member" is -1.
 */

/** Members 0 to 31. */
export type Bits32 = number;
/** Members 0 to 63: `low` holds 0–31, `high` holds 32–63. */
export type Bits64 = { readonly low: Bits32; readonly high: Bits32 };

export function bits64(members: Iterable<number>): Bits64 {
  let low = 0;
  let high = 0;
  for (const member of members) {
    if (member < 32) low |= 1 << member;
    else high |= 1 << (member - 32);
  }
  return { low, high };
}

export function has32(bits: Bits32, member: number): boolean {
  return ((bits >>> member) & 1) === 1;
}

export function has64(bits: Bits64, member: number): boolean {
  return has32(member < 32 ? bits.low : bits.high, member & 31);
}

export function lowest32(bits: Bits32): number {
  return 31 - Math.clz32(bits & -bits);
}

export function highest32(bits: Bits32): number {
  return 31 - Math.clz32(bits);
}

/** The smallest member ≥ `from`; `from` is 0 to 32. */
export function atOrAbove32(bits: Bits32, from: number): number {
  return from > 31 ? -1 : lowest32(bits & (-1 << from));
}

/** The largest member ≤ `from`; `from` is -1 to 31. */
export function atOrBelow32(bits: Bits32, from: number): number {
  return from < 0 ? -1 : highest32(bits & (-1 >>> (31 - from)));
}

/** The smallest member ≥ `from`; `from` is 0 to 64. */
export function atOrAbove64(bits: Bits64, from: number): number {
  if (from < 32) {
    const low = atOrAbove32(bits.low, from);
    if (low >= 0) return low;
  }
  const high = atOrAbove32(bits.high, from < 32 ? 0 : from - 32);
  return high < 0 ? -1 : high + 32;
}

/** The largest member ≤ `from`; `from` is -1 to 63. */
export function atOrBelow64(bits: Bits64, from: number): number {
  if (from >= 32) {
    const high = atOrBelow32(bits.high, from - 32);
    if (high >= 0) return high + 32;
  }
  return atOrBelow32(bits.low, from < 32 ? from : 31);
}
