import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FromAttempt, ToAttempt } from './messages.ts';

/** Where an attempt runs: a thread or a process, seen from the worker. */
export type Host = {
  /** Throws a DataCloneError for a message that cannot travel; is silent when the host has ended. */
  send(message: ToAttempt): void;
  /** Ends it at once, with all that it started. */
  kill(): void;
  output: { stdout: Readable; stderr: Readable };
  /** Resolves when it has ended and its messages are in, with words on how it ended; never rejects. */
  ended: Promise<{ how: string; cause: unknown }>;
};

export type StartHost = (link: HostLink) => Host;

export type HostLink = {
  receive(message: FromAttempt): void;
  /** Undefined for no cap. */
  memoryBytes: number | undefined;
  /** It has taken more memory than that, or filled its heap. */
  onMemoryExceeded(): void;
};

/** A grandchild that left the group may hold the pipes open for ever. */
const LAST_OUTPUT_MS = 500;

/** Resolves when the last output of an ended host is read, or will not come. */
export async function drain({ stdout, stderr }: Host['output']): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, LAST_OUTPUT_MS)));
  await Promise.race([Promise.allSettled([finished(stdout), finished(stderr)]), limit]);
  clearTimeout(timer);
  stdout.destroy();
  stderr.destroy();
}
