// @ts-check

const BUCKET_MS = 0.1;
const BUCKETS = 600_000;

/** Times up to a minute in steps of 0.1 ms, however many there are; longer ones count as a minute. */
export function createHistogram() {
  const buckets = new Uint32Array(BUCKETS + 1);
  let count = 0;
  let maxMs = 0;

  /** The value that `fraction` of the values do not exceed, to the next bucket. NaN for none. @param {number} fraction */
  const percentile = (fraction) => {
    if (count === 0) return NaN;
    let left = Math.ceil(count * fraction);
    let at = 0;
    while ((left -= buckets[at] ?? left) > 0) at += 1;
    return (at + 1) * BUCKET_MS;
  };

  return {
    /** @param {number} ms */
    add(ms) {
      const at = Math.min(BUCKETS, Math.max(0, Math.floor(ms / BUCKET_MS)));
      buckets[at] = (buckets[at] ?? 0) + 1;
      count += 1;
      maxMs = Math.max(maxMs, ms);
    },
    read: () => ({ count, p50Ms: percentile(0.5), p99Ms: percentile(0.99), p999Ms: percentile(0.999), maxMs }),
  };
}
