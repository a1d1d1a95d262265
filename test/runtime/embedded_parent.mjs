// A supervisor in a process of its own, for tests that kill it: prints its server's pid and socket, then waits.
import { createEmbeddedRedis } from '../../dist/runtime/embedded_redis.js';
import { systemClock } from '../../dist/runtime/clock.js';

const [dataFolder, binary] = process.argv.slice(2);
const redis = createEmbeddedRedis({ dataFolder, binary, clock: systemClock, log: () => undefined });
try {
  await redis.start();
  console.log(JSON.stringify({ pid: redis.pid(), socket: redis.socket() }));
  setInterval(() => undefined, 60_000);
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
