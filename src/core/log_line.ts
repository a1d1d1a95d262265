import type { LogLevel } from './job.ts';
import type { EpochMs } from './time/units.ts';

/** Where the log lines of runs go: into Redis beside the run, to the standard output of the worker, or both. */
export type RunLogs = 'store' | 'stdout' | 'both';

/** One line that a run has logged. */
export type LogLine = {
  at: EpochMs;
  level: LogLevel;
  message: string;
  fields?: Record<string, unknown> | undefined;
};

/** A line, or a longer form of one, as JSON. Fields that JSON cannot hold must not cost the rest of the line. */
export function encodeLine(line: { fields?: Record<string, unknown> | undefined }): string {
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ ...line, fields: { unprintable: true } });
  }
}
