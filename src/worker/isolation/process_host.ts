import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { entryFile } from '../../runtime/entry_file.ts';
import { drain, type Host, type StartHost } from './host.ts';
import { watchMemory } from './memory_watch.ts';
import type { FromAttempt } from './messages.ts';
import { killGroup } from './own_process.ts';

/** V8's last words on stderr before it aborts. */
const HEAP_IS_FULL = 'heap out of memory';

/**
 * Starts a child process that leads its own process group, so that a kill reaches what the handler has started, and a
 * Ctrl-C at the terminal does not. Its fifth pipe carries nothing: it tells the child when this process is gone.
 */
export const startProcess: StartHost = ({ receive, memoryBytes, onMemoryExceeded }): Host => {
  const child = fork(entryFile(import.meta.url, './process_entry.ts'), [], {
    execArgv: memoryBytes === undefined ? [] : [`--max-old-space-size=${Math.floor(memoryBytes / 1_048_576)}`],
    detached: true,
    // Structured clone instead of JSON: a schema may have made a Date or a Map of a payload.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const output = { stdout: child.stdout as Readable, stderr: child.stderr as Readable };
  let cause: unknown;
  child.on('message', (message) => receive(message as unknown as FromAttempt));
  child.on('error', (error) => (cause = error));
  const { pid } = child;
  const endWatch =
    pid === undefined || memoryBytes === undefined ? undefined : watchMemory(pid, memoryBytes, onMemoryExceeded);
  let filledHeap = false;
  output.stderr.on('data', (chunk: Buffer) => {
    if (chunk.includes(HEAP_IS_FULL)) filledHeap = true;
  });
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  return {
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    kill,
    output,
    ended: new Promise((resolve) => {
      let signal: NodeJS.Signals | null = null;
      const end = (how: string): void => {
        // What the handler started and left behind ends with it: an attempt that is over must not go on working.
        kill();
        endWatch?.();
        void drain(output).then(() => {
          if (filledHeap && signal === 'SIGABRT') onMemoryExceeded();
          resolve({ how, cause });
        });
      };
      child.once('exit', (code, endedBy) => {
        signal = endedBy;
        end(signal === null ? `the process ended with exit code ${code}` : `the process was ended by ${signal}`);
      });
      child.once('error', (error) => {
        if (child.pid === undefined) end(`the process could not be started: ${error.message}`);
      });
    }),
  };
};
