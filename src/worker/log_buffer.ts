import { encodeLine, type LogLine } from '../core/log_line.ts';

const FLUSH_BYTES = 32_768;

/** Counts the log lines of one attempt up to a cap, says so once when it is reached, and collects them for Redis. */
export type LogBuffer = {
  /** The line as it counts: itself, or, where it is the one that does not fit any more, the word on that; then nothing. */
  add(line: LogLine): LogLine | undefined;
  /** There is so much that it should be flushed now. */
  isFull(): boolean;
  /** What was collected since the last call, a JSON object a line; empty for nothing. */
  take(): string;
};

/** `counted`: the lines go elsewhere and are not collected. */
export function createLogBuffer(capBytes: number, mode: 'collected' | 'counted'): LogBuffer {
  let text = '';
  let total = 0;
  let state: 'open' | 'capped' = 'open';
  const room = capBytes - 200; // for the line that says that the log is capped

  const collect = (json: string): void => {
    if (mode === 'collected') text += json;
  };
  return {
    add(line) {
      if (state === 'capped') return undefined;
      const json = `${encodeLine(line)}\n`;
      const bytes = Buffer.byteLength(json);
      if (total + bytes <= room) {
        total += bytes;
        collect(json);
        return line;
      }
      state = 'capped';
      const last: LogLine = { at: line.at, level: 'warn', message: `log capped at ${capBytes} bytes` };
      collect(`${encodeLine(last)}\n`);
      return last;
    },
    isFull: () => text.length > FLUSH_BYTES || (state === 'capped' && text !== ''),
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}
