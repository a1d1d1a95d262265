import type { LogLevel } from '../core/job.ts';
import type { EpochMs } from '../core/time/units.ts';

const FLUSH_BYTES = 32_768;

/** One line of a run's log as it is stored: JSON, ended by a newline. */
export type LogLine = { at: EpochMs; level: LogLevel; message: string; fields?: Record<string, unknown> };

/** Collects the log lines of one attempt up to a cap, and says so once when the cap is reached. */
export type LogBuffer = {
  /** True when there is so much that it should be flushed now. */
  add(line: LogLine): boolean;
  /** What was collected since the last call; empty for nothing. */
  take(): string;
};

export function createLogBuffer(capBytes: number): LogBuffer {
  let text = '';
  let total = 0;
  let capped = false;
  const room = capBytes - 200; // for the line that says that the log is capped
  return {
    add(line) {
      if (capped) return false;
      const json = `${encode(line)}\n`;
      const bytes = Buffer.byteLength(json);
      if (total + bytes > room) {
        capped = true;
        text += `${encode({ at: line.at, level: 'warn', message: `log capped at ${capBytes} bytes` })}\n`;
        return true;
      }
      total += bytes;
      text += json;
      return text.length > FLUSH_BYTES;
    },
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

function encode(line: LogLine): string {
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ ...line, fields: { unprintable: true } });
  }
}
