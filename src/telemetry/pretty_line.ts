import { styleText } from 'node:util';
import { plainText } from '../core/plain_text.ts';

type Entry = { level: string; time: string; msg: string } & Record<string, unknown>;

const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};

/**
 * One JSON line of the log as text: local time, level, message, then the fields as `name=value`. Log text comes from
 * jobs, and what they log from elsewhere: it must not steer the terminal.
 */
export function formatLine(line: string, colour: 'on' | 'off'): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Entry;
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour === 'on' ? styleText(style, text, { validateStream: false }) : text;
  const rest = Object.entries(fields).map(([name, value]) => ` ${paint('dim', `${name}=${textOf(value)}`)}`);
  const label = paint(COLOURS[level] ?? 'gray', level.padEnd(5));
  return `${paint('dim', clockTime(time))} ${label} ${indent(plainText(msg))}${rest.join('')}\n`;
}

function clockTime(iso: string): string {
  const at = new Date(iso);
  const two = (part: number): string => String(part).padStart(2, '0');
  const seconds = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w./:@+-]+$/.test(text) || typeof value !== 'string' ? plainText(text) : JSON.stringify(text);
}

const indent = (text: string): string => text.replaceAll('\n', `\n${' '.repeat(19)}`);
