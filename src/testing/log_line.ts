import type { LogLevel } from '../core/job.ts';

/** A line that a handler has logged. */
export type LoggedLine = { level: LogLevel; message: string; fields: Record<string, unknown> | undefined };
