import type { Client } from '../client/client.ts';
import type { EpochMs } from '../core/time/units.ts';
import type { Examination } from './examination.ts';
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
  now(): EpochMs;
  version: string;
  /** From now on Ctrl-C aborts the signal instead of ending the process. */
  untilStopped(): AbortSignal;
  dev(file: string | undefined): Promise<void>;
  start(file: string | undefined, words: StartWords): Promise<void>;
  /** Throws REDIS_UNAVAILABLE and what else keeps it from connecting. */
  connect(file: string | undefined): Promise<Session>;
  examine(file: string | undefined): Promise<Examination>;
};
