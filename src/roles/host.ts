import type { Environment } from '../config/environment.ts';
import type { DurationMs } from '../core/time/units.ts';

/** The process as the roles see it: what only `main.ts` may read or change is handed over here. */
export type Host = {
  env: Environment;
  cwd: string;
  name: string;
  pid: number;
  version: string;
  nodeVersion: string;
  /** Version of the time zone data. */
  tzVersion: string;
  /** Absolute path of the script that starts Belfry: jobs call it back. */
  bin: string;
  /** Absolute path of this package's index, which `import … from 'belfry'` in a job file resolves to. */
  index: string;
  /** Folder that set-up unpacks a Redis server into, looked at before the PATH. */
  serverFolder: string;
  /** Aborted when the process is asked to end. */
  stop: AbortSignal;
  /** Asks the process to end, as the first SIGTERM does. */
  end(): void;
  /** Whether standard output is a terminal, and whether colours are wanted there. */
  terminal: 'no' | 'plain' | 'colour';
  write(text: string): void;
  newId(): string;
  random(): number;
  /** Sets environment variables for the jobs of this process and for what they start. */
  exportToJobs(variables: Readonly<Record<string, string>>): void;
  /** Calls `tell` for what was thrown and never caught. An exception ends the process, within `mostMs` in any case. */
  onDefect(tell: (what: string, error: unknown) => void, mostMs: DurationMs): void;
};
