import { ask } from '../../support/desk.ts';
import { workerInfo } from '../../support/listed_workers.ts';
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
const freezesByShard = async (scene: Scene) => {
  const lists = await Promise.all(scene.store.shards.map((shard) => shard.freezes.read()));
  return {
    shown: await freezesOf(scene),
    shards: lists.map(({ freezes }) => freezes.map(({ liftedBy }) => liftedBy ?? 'holds')),
  };
};
const calendarsByShard = async (scene: Scene) => {
  const lists = await Promise.all(scene.store.shards.map((shard) => shard.calendars.all()));
  return { shown: await calendarsOf(scene), shards: lists.map((calendars) => [...calendars.keys()]) };
};
const schedulesOf = async ({ client }: Scene) =>
  (await client.schedules.list()).schedules.flatMap(({ id }) => (id === 'each' ? [] : [id]));
const backfillsOf = async ({ client }: Scene) => (await client.backfills.list()).length;

const LIMIT = ['limits', 'set', 'partner:x', '--concurrency', '3'];
const HOLD = ['limits', 'hold', 'partner:x', '1h'];
const CALENDAR = ['calendars', 'set', 'days', '--date', '2026-12-25'];
const FREEZE = ['freeze', '--why', 'a release', '--by', 'ada'];
const BACKFILL = ['backfill', 'each', '--from', iso(PAST - 5 * HOUR_MS), '--to', iso(PAST)];

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
  {
    script: 'save_freezes',
    what: 'freezes two shards',
    shards: 2,
    prepare: plain(FREEZE, freezesByShard),
    done: { shown: ['holds'], shards: [['holds'], []] },
    end: { shown: ['holds'], shards: [['holds'], ['holds']] },
    twice: { shown: ['holds', 'holds'], shards: [['holds', 'holds'], ['holds']] },
  },
  {
    script: 'save_freezes',
    what: 'lifts a freeze of two shards, which is shown until it is lifted everywhere',
    shards: 2,
    prepare: after(FREEZE, ['unfreeze', '--by', 'bob'], freezesByShard),
    done: { shown: ['holds'], shards: [['bob'], ['holds']] },
    end: { shown: ['bob'], shards: [['bob'], ['bob']] },
  },
  {
    script: 'save_calendars',
    what: 'deletes a calendar from two shards, which is shown until it is deleted everywhere',
    shards: 2,
    prepare: after(CALENDAR, ['calendars', 'delete', 'days'], calendarsByShard),
    done: { shown: ['days'], shards: [['days'], []] },
    end: { shown: [], shards: [[], []] },
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
    script: 'pause_queue',
    what: 'pauses a queue',
    prepare: plain(['queues', 'pause', 'mail', '--note', 'it moves'], queuesOf),
    done: ['mail'],
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
    script: 'resume_queue',
    what: 'resumes a queue',
    prepare: after(['queues', 'pause', 'mail', '--note', 'it moves'], ['queues', 'resume', 'mail'], queuesOf),
    done: [],
  },
];
