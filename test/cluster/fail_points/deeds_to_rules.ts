import { jobFile } from '../../support/belfry_process.ts';
import { ask } from '../../support/desk.ts';
import { workerInfo } from '../../support/listed_workers.ts';
import { restoreState } from '../../support/stored_state.ts';
import { says, type Deed } from './deed.ts';
import type { Scene } from './scene.ts';

const HOUR_MS = 3_600_000;
const PAST = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const iso = (at: number): string => new Date(at).toISOString();

/** A command that needs nothing beforehand. */
const plain = (words: readonly string[], seeing: (scene: Scene) => Promise<unknown>): Deed['prepare'] => {
  return (scene) => Promise.resolve({ call: says(...words), see: () => seeing(scene) });
};
/** One that needs another one first. */
const after = (first: readonly string[], words: readonly string[], seeing: (scene: Scene) => Promise<unknown>) => {
  return async (scene: Scene) => {
    const { place, variables } = scene;
    const { code, err } = await ask(first, { place, variables });
    if (code !== 0) throw new Error(err);
    return { call: says(...words), see: () => seeing(scene) };
  };
};

const pausesOf = async ({ client }: Scene) => (await client.jobs.get('each')).pause?.note;
const queuesOf = async ({ client }: Scene) =>
  (await client.queues.list()).flatMap(({ queue, pause }) => (pause === undefined ? [] : [queue]));
const limitOf = async ({ client }: Scene) => (await client.limits.get('partner:x')).limit.concurrency;
const isHeld = async ({ client }: Scene) => (await client.limits.get('partner:x')).heldUntil !== undefined;
const freezesOf = async ({ client }: Scene) => (await client.freezes.list()).map(({ liftedBy }) => liftedBy ?? 'holds');
const calendarsOf = async ({ client }: Scene) => [...(await client.calendars.list())].map(([name]) => name);
const schedulesOf = async ({ client }: Scene) =>
  (await client.schedules.list()).schedules.flatMap(({ id }) => (id === 'each' ? [] : [id]));
const backfillsOf = async ({ client }: Scene) => (await client.backfills.list()).length;

const LIMIT = ['limits', 'set', 'partner:x', '--concurrency', '3'];
const HOLD = ['limits', 'hold', 'partner:x', '1h'];
const CALENDAR = ['calendars', 'set', 'days', '--date', '2026-12-25'];
const FREEZE = ['freeze', '--why', 'a release', '--by', 'ada'];
const BACKFILL = ['backfill', 'each', '--from', iso(PAST - 5 * HOUR_MS), '--to', iso(PAST)];

const OLD = { format: '0', records: 'old', rates: 1, states: 'old' };
const NEW = { format: '1', records: 'new', rates: 0, states: 'new' };

/** What people do to schedules, queues, limits and workers. */
export const DEEDS_TO_RULES: readonly Deed[] = [
  {
    script: 'mark_job',
    what: 'marks a job as succeeded',
    prepare: plain(['jobs', 'succeed', 'work'], async ({ client }) => {
      return (await client.jobs.get('work')).stats.lastSuccess !== undefined;
    }),
    done: true,
  },
  {
    script: 'save_backfill',
    what: 'begins a backfill, and another one when it is asked to again',
    prepare: plain(BACKFILL, backfillsOf),
    done: 1,
    twice: 2,
  },
  {
    script: 'save_backfill',
    what: 'calls off a backfill',
    async prepare(scene) {
      const { id } = await scene.client.backfills.start({
        schedule: 'each',
        from: PAST - HOUR_MS,
        to: PAST,
        by: 'ada',
      });
      return { call: says('backfill', 'cancel', id), see: () => backfillsOf(scene) };
    },
    done: 0,
    again: 3,
  },
  {
    script: 'control_schedules',
    what: 'pauses a schedule',
    prepare: plain(['jobs', 'pause', 'each', '--note', 'it moves'], pausesOf),
    done: 'it moves',
  },
  {
    script: 'control_schedules',
    what: 'resumes a schedule',
    prepare: after(['jobs', 'pause', 'each', '--note', 'it moves'], ['jobs', 'resume', 'each'], pausesOf),
    done: undefined,
  },
  {
    script: 'save_schedules',
    what: 'creates schedules out of a file',
    prepare(scene) {
      const entries = ['a', 'b'].map((key) => JSON.stringify({ job: 'work', key, schedule: { every: '2h' } }));
      scene.place.write('entries.ndjson', entries.join('\n'));
      return Promise.resolve({
        call: says('schedules', 'save', 'entries.ndjson'),
        see: async () => (await schedulesOf(scene)).sort(),
      });
    },
    done: ['work:a', 'work:b'],
  },
  {
    script: 'save_schedules',
    what: 'deletes a schedule',
    async prepare(scene) {
      await scene.client.schedules.save([{ job: 'work', key: 'a', schedule: { every: '2h' } }], 'create');
      return { call: says('schedules', 'delete', 'work:a'), see: () => schedulesOf(scene) };
    },
    done: [],
    again: 3,
  },
  { script: 'set_limit', what: 'sets a limit', prepare: plain(LIMIT, limitOf), done: 3 },
  {
    script: 'set_limit',
    what: 'takes a limit back',
    prepare: after(LIMIT, ['limits', 'unset', 'partner:x'], limitOf),
    done: undefined,
  },
  { script: 'hold_limit', what: 'holds a key', prepare: plain(HOLD, isHeld), done: true },
  {
    script: 'hold_limit',
    what: 'ends a hold',
    prepare: after(HOLD, ['limits', 'reset', 'partner:x'], isHeld),
    done: false,
  },
  {
    script: 'save_freezes',
    what: 'freezes, and says a second freeze when it is asked to again',
    prepare: plain(FREEZE, freezesOf),
    done: ['holds'],
    twice: ['holds', 'holds'],
  },
  {
    script: 'save_freezes',
    what: 'lifts a freeze',
    prepare: after(FREEZE, ['unfreeze', '--by', 'bob'], freezesOf),
    done: ['bob'],
    again: 3,
  },
  { script: 'save_calendars', what: 'writes a calendar', prepare: plain(CALENDAR, calendarsOf), done: ['days'] },
  {
    script: 'save_calendars',
    what: 'deletes a calendar',
    prepare: after(CALENDAR, ['calendars', 'delete', 'days'], calendarsOf),
    done: [],
    again: 3,
  },
  {
    script: 'save_calendars',
    what: 'applies a calendar of the jobs folder',
    prepare: prepareCalendarFile,
    done: 1,
    end: 2, // the schedules that name it are planned anew, though the calendar itself was there already
  },
  {
    script: 'pause_queue',
    what: 'pauses a queue',
    prepare: plain(['queues', 'pause', 'mail', '--note', 'it moves'], queuesOf),
    done: ['mail'],
  },
  {
    script: 'resume_queue',
    what: 'resumes a queue',
    prepare: after(['queues', 'pause', 'mail', '--note', 'it moves'], ['queues', 'resume', 'mail'], queuesOf),
    done: [],
  },
  {
    script: 'save_dependencies',
    what: 'applies a jobs folder',
    registered: 'no jobs',
    prepare(scene) {
      scene.place.write('jobs/first.ts', jobFile('run: () => 1'));
      scene.place.write('jobs/second.ts', jobFile("after: { jobs: ['first'] }, run: () => 2"));
      const { connection, key } = scene.shard.shard;
      const see = async () => ({
        jobs: (await scene.client.jobs.list()).length,
        dependents: await connection.hkeys(key('dependents')),
      });
      return Promise.resolve({ call: says('apply'), see });
    },
    halfway: { jobs: 2, dependents: [] },
    done: { jobs: 2, dependents: ['first'] },
  },
  {
    script: 'meet',
    what: 'is the first that comes to a namespace',
    registered: 'no jobs',
    async prepare(scene) {
      const { connection, key } = scene.shard.shard;
      await connection.del(key('meta'));
      return { call: says('jobs', 'list'), see: () => connection.hgetall(key('meta')) };
    },
    done: { format: '1', oldest: '1', shards: '1' },
  },
  {
    script: 'order_workers',
    what: 'tells a worker to drain',
    async prepare(scene) {
      await scene.store.workers.beat(workerInfo({ id: 'w' }), 600_000);
      const see = async () => (await scene.client.workers.get('w')).told?.note;
      return { call: says('workers', 'drain', 'w', '--note', 'a new disk'), see };
    },
    done: 'a new disk',
  },
  {
    script: 'begin_migration',
    what: 'migrates the state',
    registered: 'no jobs',
    prepare: prepareMigration,
    halfway: OLD,
    done: OLD,
    end: NEW,
    meanwhile: endLease,
  },
  {
    script: 'commit_migration',
    what: 'migrates the state',
    registered: 'no jobs',
    prepare: prepareMigration,
    halfway: OLD,
    done: { ...OLD, records: 'new' },
    end: NEW,
    meanwhile: endLease,
  },
];

/** State of format 0, in which records of jobs said nothing of limits, and rates stood in a hash of their own. */
async function prepareMigration(scene: Scene) {
  const { connection, key, prefix } = scene.shard.shard;
  const found = await connection.keys(`${prefix}*`);
  if (found.length > 0) await connection.del(...found);
  await restoreState(scene.redis, 0, scene.variables['BELFRY_NAMESPACE'] ?? '');
  const see = async () => {
    const records = await connection.hvals(key('jobs'));
    const states = await connection.hkeys(key('tats'));
    return {
      format: await connection.hget(key('meta'), 'format'),
      records: records.every((record) => record.includes('"limits"')) ? 'new' : 'old',
      rates: await connection.exists(key('rates')),
      states: states.some((name) => !name.includes(':')) ? 'old' : 'new',
    };
  };
  return { call: says('migrate'), see };
}

/** Whoever migrates keeps it for a while after its death; that while is over. */
async function endLease({ shard: { shard } }: Scene): Promise<unknown> {
  return shard.connection.hset(shard.key('meta'), 'migration_until', '0');
}

/** A schedule of two days of a month that is far away, and a file that takes the first of them out of it. */
async function prepareCalendarFile(scene: Scene) {
  const { place, variables, client } = scene;
  const month = ((new Date().getUTCMonth() + 6) % 12) + 1;
  const leaveOut = (day: string): void => place.write('jobs/_calendars/days.json', JSON.stringify({ yearly: [day] }));
  place.write(
    'jobs/each.ts',
    jobFile(`schedule: { cron: '0 12 1,2 ${String(month)} *', timezone: 'UTC', except: 'days' }, run: () => 1`),
  );
  leaveOut(`${String(month).padStart(2, '0')}-03`);
  const { code, err } = await ask(['apply'], { place, variables });
  if (code !== 0) throw new Error(err);
  leaveOut(`${String(month).padStart(2, '0')}-01`);
  const see = async () => new Date((await client.jobs.get('each')).nextFireTime ?? 0).getUTCDate();
  return { call: says('apply'), see };
}
