// @ts-check

/** @typedef {{ median: number, min: number, max: number }} Spread */

/** @param {readonly number[]} values at least one @returns {Spread} */
export function spreadOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: round(middleOf(sorted)), min: round(sorted[0] ?? NaN), max: round(sorted.at(-1) ?? NaN) };
}

/**
 * The value that `fraction` of the values do not exceed (nearest rank). NaN for none.
 * @param {readonly number[]} sorted ascending
 * @param {number} fraction in (0, 1]
 */
export function percentile(sorted, fraction) {
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? NaN;
}

/** Four significant digits: more would be noise. @param {number} value */
export function round(value) {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
}

/** @param {readonly number[]} sorted */
function middleOf(sorted) {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper;
}
