import type { EventName, Events } from '../core/events.ts';
import { formatDuration } from '../core/time/duration.ts';
import type { LogLine } from './log.ts';

/** `developer` sees each run and what it logs; `operator` sees what is worth waking up for, whatever the load. */
export type Audience = 'developer' | 'operator';

/** How an event is told: at which level, in which words, with which fields. */
export type EventLine<Event> = {
  level: (event: Event, audience: Audience) => LogLine | 'silent';
  says: (event: Event) => string;
  fields?: (event: Event) => Record<string, unknown> | undefined;
  /** Equal lines within half a minute are told once: the event repeats for as long as its cause is there. */
  repeats?: true;
};

/** These come by the second and are told as metrics alone. */
type NumbersOnly = 'redis.called' | 'clock.measured' | 'tick.done' | 'worker.slots';
export type ToldEvent = Exclude<EventName, NumbersOnly>;

type EventLines = { readonly [Name in ToldEvent]: EventLine<Events[Name]> };

const always = (level: LogLine) => (): LogLine => level;
const perRun = (_event: unknown, audience: Audience): LogLine => (audience === 'developer' ? 'info' : 'debug');
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
/** While Redis is away everything fails; `redis.lost` has said so already. */
const unlessAway = ({ error }: { error: string }): LogLine =>
  /cannot be reached|Connection is closed|max retries per request|ECONN|ENOENT|writeable/i.test(error)
    ? 'debug'
    : 'warn';
/** A command that timed out is another matter: its connection is still there, so nothing has been said of it. */
const wasCutOff = (reason: string): boolean =>
  reason.startsWith('the connection to Redis was lost') || /cannot be reached(?!.*timed out)/.test(reason);
const whole = (ms: number): string => formatDuration(Math.max(1, Math.round(ms)));

/** One line per event, chosen so that a busy system in good health is silent. */
export const EVENT_LINES: EventLines = {
  'redis.lost': { level: always('error'), says: ({ reason }) => `waiting for Redis: ${reason}` },
  'redis.back': { level: always('info'), says: ({ downMs }) => `Redis is back after ${whole(downMs)}` },
  'redis.warning': {
    level: always('warn'),
    says: ({ warning, hint }) => `Redis: ${warning}${hint === '' ? '' : ` (${hint})`}`,
  },
  'start.paced': {
    level: always('info'),
    says: ({ waitMs }) => `many processes start at once: this one waits for its turn, ${whole(waitMs)}`,
  },
  'state.migrating': {
    level: always('info'),
    says: ({ shard }) => `waiting for the migration of shard ${shard} by another process`,
    repeats: true,
  },
  'state.migrated': {
    level: always('info'),
    says: ({ shard, from, to, changed }) =>
      `the state of shard ${shard} was brought from format ${from} to ${to}: ${plural(changed, 'change')}`,
  },
  'leader.elected': {
    level: always('info'),
    says: ({ shard }) => `leads shard ${shard}`,
    fields: ({ epoch }) => ({ epoch }),
  },
  'leader.lost': {
    // With the connection the lead is gone too; `redis.lost` has said so.
    level: ({ reason }) => (reason === 'resigned' ? 'info' : wasCutOff(reason) ? 'debug' : 'warn'),
    says: ({ shard, reason }) => `leads shard ${shard} no more: ${reason}`,
  },
  'leader.write_refused': {
    level: always('warn'),
    says: ({ shard, script }) => `shard ${shard} has a newer leader: Redis refused ${script}`,
    fields: ({ epoch }) => ({ epoch }),
  },
  'leader.abstained': {
    level: always('warn'),
    says: ({ shard, own, newest }) =>
      `does not lead shard ${shard}: a live replica has tzdata ${newest}, this one ${own}; run the same Node everywhere`,
  },
  'leader.contended': {
    level: unlessAway,
    says: ({ shard, error }) => `could not contend for shard ${shard}: ${error}`,
    repeats: true,
  },
  'tick.failed': {
    level: unlessAway,
    says: ({ shard, error }) => `a pass over shard ${shard} failed: ${error}`,
    repeats: true,
  },
  'schedule.verdict': {
    level: ({ word }, audience) =>
      word.startsWith('missed') ? 'warn' : word === 'fired' ? 'debug' : perRun(undefined, audience),
    says: ({ schedule, word, fireTime, count }) =>
      `${schedule}: ${count === 1 ? 'fire time' : `${count} fire times up to`} ${new Date(fireTime).toISOString()} ${word}`,
  },
  'schedule.quarantined': {
    level: always('error'),
    says: ({ schedule, error, hint }) =>
      `schedule ${schedule} cannot be planned and was taken out: ${error}${hint === undefined ? '' : ` (${hint})`}`,
  },
  'schedules.controlled': {
    level: always('info'),
    says: ({ action, count, by, note }) =>
      `${plural(count, 'schedule')} ${action} by ${by}${note === undefined ? '' : `: ${note}`}`,
  },
  'freeze.controlled': {
    level: always('warn'),
    says: ({ action, by, why }) =>
      `${action === 'said' ? 'a freeze was said' : 'the freeze was lifted'} by ${by}: ${why}`,
    fields: ({ freeze }) => ({ freeze }),
  },
  'calendar.kept': {
    level: always('warn'),
    says: ({ calendar, namedBy }) =>
      `calendar ${calendar} has no file any more and stays, because it is named by ${namedBy}`,
    repeats: true,
  },
  'schedule.paused': {
    level: always('error'),
    says: ({ schedule, by, note }) => `schedule ${schedule} was paused by ${by}: ${note}`,
  },
  'schedule.resumed': { level: always('info'), says: ({ schedule }) => `the pause of schedule ${schedule} has ended` },
  'backfill.done': {
    level: always('info'),
    says: ({ schedule, kind, released }) => `${schedule}: ${kind} done, ${plural(released, 'fire time')} released`,
    fields: ({ backfill }) => ({ backfill }),
  },
  'queue.paused': {
    level: always('warn'),
    says: ({ queue, by, note }) => `queue ${queue} was paused by ${by}: ${note}`,
  },
  'queue.resumed': { level: always('info'), says: ({ queue, by }) => `queue ${queue} was resumed by ${by}` },
  'bulk.done': {
    level: always('info'),
    says: ({ shard, action, done }) => `bulk ${action} done on shard ${shard}, ${plural(done, 'run')}`,
    fields: ({ bulk, failed }) => ({ bulk, failed }),
  },
  'schedule.repaired': {
    level: always('warn'),
    says: ({ shard, count }) =>
      `${plural(count, 'schedule')} of shard ${shard} had fallen out of the index and were put back`,
  },
  'jobs.registered': {
    level: ({ added, changed, removed }) => (added.length + changed.length + removed.length > 0 ? 'info' : 'debug'),
    says: ({ added, changed, removed, total }) =>
      `${plural(total, 'job')} registered: ${added.length} new, ${changed.length} changed, ${removed.length} removed`,
  },
  'jobs.broken': {
    level: always('error'),
    says: ({ file, error, hint }) => `${file}: ${error}${hint === undefined ? '' : `\nhint: ${hint}`}`,
  },
  'jobs.loaded': {
    level: always('info'),
    says: ({ total, broken }) =>
      `${plural(total, 'job')} loaded${broken === 0 ? '' : `, ${plural(broken, 'broken file')}`}`,
  },
  'worker.started': {
    level: always('info'),
    says: ({ pool, slots, jobs }) =>
      `a worker of pool ${pool} is up: ${plural(slots, 'slot')}, code for ${plural(jobs, 'job')}`,
    fields: ({ worker }) => ({ worker }),
  },
  'worker.ordered': {
    level: always('info'),
    says: ({ by, note, restart }) =>
      `told by ${by} to drain and exit${restart === undefined ? '' : ', in a restart in waves'}${note === undefined ? '' : `: ${note}`}`,
    fields: ({ worker, restart }) => (restart === undefined ? { worker } : { worker, restart }),
  },
  'worker.draining': {
    level: always('info'),
    says: ({ live, deadlineMs }) => `waiting up to ${whole(deadlineMs)} for ${plural(live, 'run')} to end`,
    fields: ({ worker }) => ({ worker }),
  },
  'worker.stopped': {
    level: always('info'),
    says: ({ released }) => `a worker has stopped${released === 0 ? '' : `; ${plural(released, 'run')} handed back`}`,
    fields: ({ worker }) => ({ worker }),
  },
  'worker.claim_failed': {
    level: unlessAway,
    says: ({ shard, error }) => `could not claim on shard ${shard}: ${error}`,
    repeats: true,
  },
  'run.started': { level: always('debug'), says: ({ job }) => `${job} started`, fields: ({ run }) => ({ run }) },
  'run.finished': {
    level: ({ outcome }, audience) => (outcome === 'dead' ? 'error' : perRun(undefined, audience)),
    says: ({ job, outcome, tookMs, error }) =>
      outcome === 'dead'
        ? `${job} is dead: ${error ?? 'no error was kept'}`
        : `${job} ${outcome} after ${whole(tookMs)}`,
    fields: ({ run, attempt }) => (attempt === 1 ? { run } : { run, attempt }),
  },
  'run.retrying': {
    level: always('warn'),
    says: ({ job, delayMs, error }) => `${job} failed and is tried again in ${whole(delayMs)}: ${error}`,
    fields: ({ run, attempt }) => ({ run, attempt }),
  },
  'run.refused': {
    level: always('error'),
    says: ({ job, reason }) => `a run of ${job} was refused: ${reason.replaceAll('_', ' ')}`,
    fields: ({ run }) => ({ run }),
  },
  'run.snoozed': {
    level: perRun,
    says: ({ job, delayMs }) => `${job} was put off by its handler for ${whole(delayMs)}`,
    fields: ({ run }) => ({ run }),
  },
  'run.expired': {
    level: always('warn'),
    says: ({ job }) => `a run of ${job} was not started, or not over, in time and is cancelled`,
    fields: ({ run }) => ({ run }),
    repeats: true,
  },
  'run.released': {
    level: always('info'),
    says: ({ job }) => `${job} was handed back and starts again elsewhere`,
    fields: ({ run }) => ({ run }),
  },
  'run.crashed': {
    level: always('error'),
    says: ({ job, worker, crashes, fate }) =>
      `${job} lost its worker ${worker} and is ${fate}${crashes === 1 ? '' : `; it was crash ${crashes} of this run`}`,
    fields: ({ run }) => ({ run }),
  },
  'run.log': {
    level: ({ level }, audience) => (audience === 'developer' ? level : 'silent'),
    says: ({ job, message }) => `${job}: ${message}`,
    // A field that is named as one of the line's own would hide it.
    fields: ({ fields = {} }) => ('level' in fields || 'time' in fields || 'msg' in fields ? { fields } : fields),
  },
  'attempt.fenced': {
    level: always('warn'),
    says: ({ run, kind }) => `${run} belongs to somebody else by now: its ${kind} was refused`,
  },
  'attempt.stopping': {
    level: ({ reason }) => (reason === 'timeout' || reason === 'lease-lost' ? 'warn' : 'info'),
    says: ({ job, reason }) => `${job} is being stopped: ${reason}`,
    fields: ({ run }) => ({ run }),
  },
};
