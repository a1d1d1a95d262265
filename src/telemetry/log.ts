import { pino, stdTimeFunctions, type Logger } from 'pino';
import { formatLine } from './pretty_line.ts';

export type Log = Logger;
export type LogLine = 'debug' | 'info' | 'warn' | 'error';

export type LogOptions = {
  level: LogLine | 'silent';
  format: 'pretty' | 'json';
  colour: 'on' | 'off';
  write: (text: string) => void;
};

/** The log of the process: one JSON object a line for machines, or aligned text for people. */
export function createLog({ level, format, colour, write }: LogOptions): Log {
  const sink = format === 'json' ? write : (line: string) => write(formatLine(line, colour));
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: sink },
  );
}
