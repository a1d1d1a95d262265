const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a duration of one unit as Prometheus writes it: `5m`, `3d`. */
export function secondsOf(duration: string): number {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const seconds = SECONDS[unit];
  if (seconds === undefined) throw new Error(`${duration}: not a duration such as 5m or 3d`);
  return Number(count) * seconds;
}

/** The longest window that an expression looks back over, in seconds; 0 for none. */
export const longestWindow = (expr: string): number =>
  Math.max(0, ...[...expr.matchAll(/\[(\d+[smhd])\]/g)].map(([, window = '']) => secondsOf(window)));
