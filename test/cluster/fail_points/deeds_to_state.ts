import { jobFile } from '../../support/belfry_process.ts';
import { ask } from '../../support/desk.ts';
import { restoreState } from '../../support/stored_state.ts';
import { says, type Deed } from './deed.ts';
import type { Scene } from './scene.ts';

const OLD = { format: '0', records: 'old', rates: 1, states: 'old' };
const NEW = { format: '1', records: 'new', rates: 0, states: 'new' };

/** What is done to all of a namespace: jobs folders are applied, the state is met and migrated. */
export const DEEDS_TO_STATE: readonly Deed[] = [
  {
    script: 'save_calendars',
    what: 'applies a calendar of the jobs folder',
    prepare: prepareCalendarFile,
    done: 1,
    end: 2, // the schedules that name it are planned anew, though the calendar itself was there already
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
