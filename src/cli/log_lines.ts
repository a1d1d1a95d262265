import { plainText } from '../core/plain_text.ts';
import { formatInstant, type ShownZone } from './instants.ts';
import type { Paint } from './paint.ts';

type Line = { at: number; level: string; message: string; fields?: Record<string, unknown> };

const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** A line of a run's log for people: time, level, message, fields. */
export function formatLogLine(json: string, zone: ShownZone, paint: Paint): string {
  const { at, level, message, fields } = JSON.parse(json) as Line;
  const colour = COLOURS[level as keyof typeof COLOURS] ?? 'gray';
  const rest = Object.entries(fields ?? {}).map(([name, value]) =>
    paint('dim', ` ${name}=${plainText(JSON.stringify(value))}`),
  );
  return `${paint('dim', formatInstant(at, zone))} ${paint(colour, level.padEnd(5))} ${plainText(message)}${rest.join('')}\n`;
}
