import { Worker } from 'node:worker_threads';

/** The way of a child to its parent, the same for a thread and a process. */
export type Channel = {
  /** Resolves once the message is on its way, so that an exit after it loses nothing. */
  send(message: unknown): Promise<void>;
  onMessage(receive: (message: unknown) => void): void;
};

/** File descriptor of the pipe that the parent only holds open: it ends when the parent ends, however it ends. */
const LIFELINE_FD = 4;

// A handler that computes without a pause keeps the main thread from seeing that the parent is gone; a thread of its own
// sees it. It must wait in its event loop: a blocking read could not be ended, and the exit of the process waits for it.
// SIGKILL to the whole group also ends what the handler has started.
const WATCH_LIFELINE = `
  const { Socket } = require('node:net');
  const die = () => process.kill(-process.pid, 'SIGKILL');
  new Socket({ fd: ${LIFELINE_FD}, readable: true, writable: false }).on('error', die).on('end', die).resume();
`;

/** Ends this process and all that it started as soon as its parent is gone. It must lead its own process group. */
export function dieWithParent(): void {
  process.once('disconnect', () => killGroup(process.pid));
  new Worker(WATCH_LIFELINE, { eval: true, execArgv: [], stdin: false }).unref();
}

/** The IPC channel of a forked process. */
export function parentChannel(): Channel {
  return {
    send: (message) => new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve())),
    onMessage: (receive) => process.on('message', receive),
  };
}

/** Kills each process of a group that still lives. */
export function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch (error) {
    // ESRCH: all have ended already, which is what was wanted. EPERM: macOS says so of a group of zombies.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Ends this thread or process once all that it wrote to stdout and stderr has left it. */
export async function exitWhenWritten(): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  return process.exit(0);
}
