const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
};

/** A size in bytes from a number, or from text such as `64KiB` or `10 MB`; NaN for anything else. */
export function readSize(value: unknown): number {
  if (typeof value !== 'number' && typeof value !== 'string') return Number.NaN;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(String(value).trim());
  const unit = BYTES_PER_UNIT[match?.[2]?.toLowerCase() ?? ''];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  return Number.isInteger(bytes) ? bytes : Number.NaN;
}

/** A size as people write it, in the largest unit of which it is a whole number: `64KiB`, `10MiB`, `1000 B`. */
export function formatSize(bytes: number): string {
  const unit = ['GiB', 'MiB', 'KiB'].find((name) => bytes % (BYTES_PER_UNIT[name.toLowerCase()] ?? 1) === 0);
  if (unit === undefined || bytes === 0) return `${String(bytes)} B`;
  return `${String(bytes / (BYTES_PER_UNIT[unit.toLowerCase()] ?? 1))}${unit}`;
}
