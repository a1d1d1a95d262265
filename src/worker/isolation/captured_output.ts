import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { LogLevel } from '../../core/job.ts';
import { formatSize } from '../../core/size.ts';

type WriteLine = (level: LogLevel, message: string, fields: Record<string, unknown>) => void;

/** Output is for the eyes of someone who looks for a fault: the first 256 KiB show it, or it should be in the log. */
const KEPT_BYTES = 256 * 1024;
const LINE_LIMIT_CHARACTERS = 8 * 1024;

export type OutputCap = {
  /** Undefined: the first 256 KiB are kept and the rest is dropped. */
  bytes: number | undefined;
  /** More than `bytes` were printed. */
  onExceeded(): void;
};

/** Copies what a handler and its children print into the run log, line by line, up to a cap in all. */
export function captureOutput(output: { stdout: Readable; stderr: Readable }, write: WriteLine, cap: OutputCap): void {
  const limit = cap.bytes ?? KEPT_BYTES;
  let left = limit;
  const take = (chunk: Buffer): Buffer | undefined => {
    if (left < 0) return undefined;
    const kept = chunk.subarray(0, left);
    left -= chunk.length;
    return kept;
  };
  const cut = (): void => {
    write('warn', `output beyond ${formatSize(limit)} is not kept`, {});
    if (cap.bytes !== undefined) cap.onExceeded();
  };

  for (const [stream, readable] of Object.entries(output)) {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const writeLine = (line: string): void => {
      if (line !== '') write('info', line.slice(0, LINE_LIMIT_CHARACTERS), { stream });
    };
    readable.on('data', (chunk: Buffer) => {
      const kept = take(chunk);
      if (kept === undefined) return;
      const lines = (rest + decoder.write(kept)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) writeLine(line);
      if (left < 0) cut();
    });
    readable.once('close', () => writeLine(rest + decoder.end()));
    // A pipe that breaks with its process is not news: how the process ended is.
    readable.on('error', () => undefined);
  }
}
