import { parentPort } from 'node:worker_threads';
import { serveAttempt } from './entry.ts';

/** Entry of a worker thread that runs one attempt. */
serveAttempt({
  send: (message) => Promise.resolve(parentPort?.postMessage(message)),
  onMessage: (receive) => parentPort?.on('message', receive),
});
