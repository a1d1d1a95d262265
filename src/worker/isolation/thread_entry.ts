import { parentPort } from 'node:worker_threads';
import { serveAttempt } from './entry.ts';

/** Entry of a worker thread that runs one attempt. */
serveAttempt({
  send: async (message) => parentPort?.postMessage(message),
  onMessage: (receive) => parentPort?.on('message', receive),
});
