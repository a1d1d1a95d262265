import { BelfryError } from '../errors.ts';
import { quote } from '../quote.ts';
import { suggest } from '../suggest.ts';

/** The zone's offset from UTC at an instant: seconds since 1970 in, seconds out, positive east of Greenwich. */
export type OffsetProbe = (instant: number) => number;

const NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const UTC_NAMES = new Set(['utc', 'etc/utc']);

export function isUtc(name: string): boolean {
  return UTC_NAMES.has(name.toLowerCase());
}

/**
 * Asks the engine's own time zone data (Intl), about 1 µs a question. Throws BAD_SCHEDULE naming `field` for a zone that
 * it does not know. Fixed offsets such as `+02:00` are refused: whether Intl takes them depends on the Node release.
 */
export function probeZone(name: string, field: string): OffsetProbe {
  if (typeof name !== 'string' || !NAME.test(name)) throw badZone(name, field);
  if (isUtc(name)) return () => 0;
  const format = openFormat(name, field);
  return (instant) => {
    const [, sign, hours, minutes, seconds] = OFFSET.exec(format.format(instant * 1_000)) ?? [];
    const size = Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
    return sign === '-' ? -size : size;
  };
}

function openFormat(name: string, field: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    throw badZone(name, field);
  }
}

function badZone(name: unknown, field: string): BelfryError {
  return new BelfryError('BAD_SCHEDULE', `${field} is ${quote(name)}, which is no time zone`, {
    field,
    hint: meantZone(name) ?? 'an IANA name such as "America/New_York", or "UTC"',
  });
}

function meantZone(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length > 64) return undefined;
  const spelled = name.trim().replaceAll(/\s+/g, '_');
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const city = zones.find((zone) => zone.toLowerCase().endsWith(`/${spelled.toLowerCase()}`));
  const meant = city ?? suggest(spelled, zones);
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}
