import type { Client } from '../client/client.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { SimulationReport } from '../simulation/report.ts';
import type { SimulationRequest } from '../simulation/request.ts';
import type { Examination } from './examination.ts';
import type { JobFolder } from './job_folder.ts';
import type { Paint } from './paint.ts';

/** A connection for the length of one command. */
export type Session = { client: Client; close(): void };

export type StartWords = { role: 'all' | 'scheduler' | 'worker' | 'api'; pools: string[] };

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
  /** The jobs folder, or another one; asks no Redis. Throws NOT_FOUND when it is missing. */
  readJobs(file: string | undefined, folder: string | undefined): Promise<JobFolder>;
  /** On a Redis of its own. Throws REDIS_UNAVAILABLE where there is no server to start. */
  simulate(request: SimulationRequest): Promise<SimulationReport>;
};
