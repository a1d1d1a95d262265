import type { Client } from '../client/client.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { SimulationReport } from '../simulation/report.ts';
import type { SimulationRequest } from '../simulation/request.ts';
import type { Examination } from './examination.ts';
import type { JobFolder } from './job_folder.ts';
import type { Migrated } from './migrated.ts';
import type { Paint } from './paint.ts';

/** A connection for the length of one command. */
export type Session = { client: Client; close(): void };

export type StartWords = { role: 'all' | 'scheduler' | 'worker' | 'api'; pools: string[] };

/** Where to ask, this machine's own Belfry by default, and how long to wait. */
export type ReadinessQuestion = { url?: URL | undefined; timeoutMs: DurationMs };
/** `url` is who was asked; each check is one thing that must make progress. */
export type Readiness = {
  url: string;
  ready: boolean;
  checks: { name: string; ok: boolean; reason?: string; detail?: string }[];
};

/** Everything that commands need of the world, handed in by `main.ts`. `file` is the configuration file named by `--config`. */
export type Desk = {
  out(text: string): void;
  err(text: string): void;
  /** Colours for each of the two, or none. */
  paint: Paint;
  paintErr: Paint;
  readInput(): Promise<string>;
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  now(): EpochMs;
  /** Who sits here, as the operating system knows them: what is noted where nobody says --by. */
  user: string;
  version: string;
  /** From now on Ctrl-C aborts the signal instead of ending the process. */
  untilStopped(): AbortSignal;
  dev(file: string | undefined): Promise<void>;
  start(file: string | undefined, words: StartWords): Promise<void>;
  /** Throws REDIS_UNAVAILABLE and what else keeps it from connecting. */
  connect(file: string | undefined): Promise<Session>;
  examine(file: string | undefined): Promise<Examination>;
  /** Throws FORMAT_MISMATCH for state of a later release, and while processes live that could not work on the result. */
  migrate(file: string | undefined, mode: 'dry-run' | 'do'): Promise<Migrated>;
  /** That nobody answers is an outcome; throws BAD_CONFIG where the configuration does not tell the port. */
  askReadiness(file: string | undefined, question: ReadinessQuestion): Promise<Readiness>;
  /** The jobs folder, or another one; asks no Redis. Throws NOT_FOUND when it is missing. */
  readJobs(file: string | undefined, folder: string | undefined): Promise<JobFolder>;
  /** On a Redis of its own. Throws REDIS_UNAVAILABLE where there is no server to start. */
  simulate(request: SimulationRequest): Promise<SimulationReport>;
};
