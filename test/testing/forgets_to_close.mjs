// @ts-check
// Opens a Belfry for tests, says where its Redis is, and ends without closing it.
import { Redis } from 'ioredis';
import { createTestBelfry } from '../../dist/testing/index.js';

const { connection } = await createTestBelfry({ jobs: {} });
const socket = connection.redis.replace('unix://', '');
const redis = new Redis({ path: socket });
const [, pid] = /process_id:(\d+)/.exec(await redis.info('server')) ?? [];
console.log(JSON.stringify({ socket, pid: Number(pid) }));
process.exit(0);
