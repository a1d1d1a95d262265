import { Worker } from 'node:worker_threads';
import { entryFile } from '../../runtime/entry_file.ts';
import { drain, type Host, type StartHost } from './host.ts';
import type { FromAttempt } from './messages.ts';

/** Starts a worker thread. It shares the process, and with it memory limits and native crashes; it can be terminated. */
export const startThread: StartHost = ({ receive, memoryBytes, onMemoryExceeded }): Host => {
  const thread = new Worker(entryFile(import.meta.url, './thread_entry.ts'), {
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    ...(memoryBytes === undefined
      ? {}
      : { resourceLimits: { maxOldGenerationSizeMb: Math.floor(memoryBytes / 1_048_576) } }),
  });
  const output = { stdout: thread.stdout, stderr: thread.stderr };
  let cause: unknown;
  thread.on('message', (message: FromAttempt) => receive(message));
  thread.on('error', (error) => {
    cause = error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') onMemoryExceeded();
  });
  return {
    send: (message) => thread.postMessage(message),
    kill: () => void thread.terminate(),
    output,
    ended: new Promise((resolve) => {
      thread.once('exit', (code) => {
        void drain(output).then(() => resolve({ how: `the thread ended with exit code ${code}`, cause }));
      });
    }),
  };
};
