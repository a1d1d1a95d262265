// @ts-check
// Starts a scheduler and a worker, stops them, and says how long the process lived on after that.
import { createScheduler, createWorker } from '../../dist/index.js';

const options = { redis: String(process.argv[2]), namespace: 'stops', jobs: {} };
const scheduler = await createScheduler(options);
const worker = await createWorker(options);
await worker.stop();
await scheduler.stop();
const stoppedAt = performance.now();
process.on('exit', () => console.log(performance.now() - stoppedAt));
