// @ts-check
/**
 * Makes a dump of a namespace with everything that a format can hold: waiting, ready, running, retrying and dead runs, history,
 * schedules, calendars, freezes, limits, batches, children and more, written by the release itself.
 *
 *   node test/store/formats/make.mjs FORMAT REDIS_URL [LIBRARY] > test/store/formats/FORMAT.json
 *
 * LIBRARY is `dist/library.js` of the release whose format it is; default the one of this tree.
 */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { NEW_JOBS, OLD_JOBS } from './jobs.mjs';

const [, , format = '', url = '', path = 'dist/library.js'] = process.argv;
const library = await import(pathToFileURL(resolve(path)).href);
const namespace = `format${format}`;
const isOld = format === '0';
const jobs = isOld ? OLD_JOBS() : { ...OLD_JOBS(), ...NEW_JOBS() };
const options = { redis: url, namespace };
const redis = url.startsWith('unix://') ? new Redis({ path: url.slice('unix://'.length) }) : new Redis(url);

const client = await library.createClient(options);
await client.calendars.save('holidays', { d: ['2026-12-25'] });
await library.createScheduler({ ...options, jobs });
await client.jobs.pause('paused', { by: 'ada', note: 'the partner moves' });
await client.schedules.save(
  [{ job: 'quick', key: 'of-the-api', schedule: { every: '2h' }, payload: { n: 1 } }],
  'create',
);
await client.freezes.freeze({ by: 'ada', why: 'release', from: 4_070_908_800_000, until: 4_070_912_400_000 });
await client.backfills.start({
  schedule: 'paused',
  from: 1_767_225_600_000,
  to: 1_767_240_000_000,
  rate: '1/20h',
  overlap: 'allow',
  by: 'ada',
});
await library.createWorker({ ...options, jobs, queues: ['default'], concurrency: 20 });

await client.enqueueMany('quick', [1, 2, 3]);
await client.enqueue('dies', 'x');
await client.enqueue('retries', 'x');
await client.enqueueMany('hangs', [1, 2]);
await client.enqueueMany('unserved', [1, 2]);
await client.enqueue('quick', 'later', { delay: '20h' });
await client.enqueueMany('limited', [1, 2, 3]);
if (!isOld) await fillNewer();
await settle();
console.log(await dump());
process.exit(0);

async function fillNewer() {
  await client.enqueueMany('narrow', [{ partner: 'a' }, { partner: 'a' }, { partner: 'b' }]);
  await client.enqueue('parent', null);
  await client.enqueue('notes', null);
  await client.enqueue('quick', { invoice: 7 }, { unique: { key: 'invoice:{invoice}' }, delay: '20h' });
  await client.limits.set('partner:a', { concurrency: 1, rate: '100/1m' });
  await client.limits.hold('partner:b', '20h');
  await client.queues.pause('nobody', { by: 'ada', note: 'nobody works on it' });
  await client.batches.create({
    description: 'of two',
    runs: [
      { job: 'quick', payload: 1 },
      { job: 'quick', payload: 2, delay: '20h' },
    ],
    callbacks: { complete: { job: 'unserved' } },
  });
}

/** Until every run is where it stays, and nothing of the second just gone is under way. */
async function settle() {
  const running = isOld ? 2 : 5;
  for (;;) {
    const [held, dead, errors, ledger] = await Promise.all([
      redis.hlen(`{${namespace}:0}:running`),
      redis.zcard(`{${namespace}:0}:dead`),
      redis.hlen(`{${namespace}:0}:errors`),
      redis.llen(`{${namespace}:0}:ledger:tick`),
    ]);
    if (held === running && dead === 1 && errors === 1 && ledger >= 2) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Every key without its prefix, by name, in one step; what only the connections of this process use is left out. */
async function dump() {
  const prefix = `{${namespace}:0}:`;
  const names = (await redis.keys(`${prefix}*`)).sort().filter((name) => !/:(?:wake:|sent:|lock$)/.test(name));
  const types = await Promise.all(names.map((name) => redis.type(name)));
  const read = redis.multi();
  names.forEach((name, i) => {
    if (types[i] === 'hash') read.hgetall(name);
    else if (types[i] === 'zset') read.zrange(name, '0', '-1', 'WITHSCORES');
    else if (types[i] === 'list') read.lrange(name, 0, -1);
    else if (types[i] === 'set') read.smembers(name);
    else read.get(name);
  });
  const values = (await read.time().exec()) ?? [];
  const [seconds = '0'] = /** @type {string[]} */ (values.at(-1)?.[1] ?? []);
  const keys = names.map((name, i) => ({ key: name.slice(prefix.length), type: types[i], value: values[i]?.[1] }));
  const state = {
    format: Number(format),
    at: Number(seconds) * 1_000,
    keys: keys.filter(({ type }) => type !== 'none'),
  };
  return JSON.stringify(state, null, 1).replaceAll(hostname(), 'host');
}
