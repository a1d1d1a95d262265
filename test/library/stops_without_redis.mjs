// @ts-check
// Says when its one run is under way; told by its standard input, it lets the run end and stops everything.
import { once } from 'node:events';
import { createClient, createScheduler, createWorker, defineJob } from '../../dist/index.js';

const options = { redis: String(process.argv[2]), namespace: 'away' };
/** @type {() => void} */
let finish = () => {};
const finished = new Promise((resolve) => (finish = () => resolve(undefined)));
const jobs = {
  slow: defineJob({
    async run() {
      console.log('running');
      await finished;
    },
  }),
};
const scheduler = await createScheduler({ ...options, jobs });
const worker = await createWorker({ ...options, jobs });
const client = await createClient(options);
await client.enqueue('slow');
await once(process.stdin, 'data');
process.stdin.destroy();
finish();
await worker.stop();
await scheduler.stop();
client.close();
console.log('stopped');
