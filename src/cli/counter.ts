import type { Desk } from './desk.ts';
import type { ExitCode } from './failure.ts';

/** What a command is given besides its own arguments. */
export type Counter = {
  desk: Desk;
  /** The configuration file that `--config` names. */
  file(): string | undefined;
  /** Sets the exit code of a command that did its work and found that something failed. */
  exit(code: ExitCode): void;
};
