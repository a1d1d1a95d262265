const LONGEST = 60;

/** A value as an error message shows it: JSON where there is one, cut short, control characters escaped. */
export function quote(value: unknown): string {
  const text = typeof value === 'object' || typeof value === 'string' ? toJson(value) : toPlain(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** NaN and Infinity are null in JSON, and a bigint is an error. */
function toPlain(value: unknown): string {
  return typeof value === 'function' || typeof value === 'symbol' ? typeof value : String(value);
}
