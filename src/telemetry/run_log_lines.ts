import type { EventBus } from '../core/events.ts';
import { encodeLine } from '../core/log_line.ts';

/**
 * Writes what runs log, one JSON object a line as the log of the process has them, with job, run id and attempt. Returns
 * how to end that.
 */
export function writeRunLogs(events: EventBus, write: (line: string) => void): () => void {
  return events.on('run.log', ({ at, level, job, run, attempt, message, fields }) => {
    const line = { level, time: new Date(at).toISOString(), job, run, attempt, msg: message, fields };
    write(`${encodeLine(line)}\n`);
  });
}
