import { hashName } from '../core/job_record.ts';
import type { EventBus } from '../core/events.ts';
import type { Clock, EpochMs } from '../core/time/units.ts';
import type { Connection } from './connect.ts';
import { runScript, type ScriptArg } from './scripts.ts';

/**
 * The unit of scale: a set of keys that share one hash tag. Keys of a shard, all behind `{<namespace>:<i>}:`
 *
 *   schedules      hash  id -> stored schedule          due            zset  schedule id by due time
 *   quarantined    hash  id -> reason JSON              paused         hash  id -> who paused it, and why, JSON
 *   freezes        str   JSON list, all of a namespace  calendars      hash  name -> calendar JSON
 *   backfills      hash  id -> stored backfill          backfill_due   zset  backfill id by due time
 *   failing        hash  id -> dead letters in a row    jobs           hash  name -> job record JSON
 *   jobs_revision  int   grows when a job changes       policies       hash  revision -> policy JSON
 *   limits         hash  key or template -> its limit    tats           hash  key -> GCRA state
 *   active         hash  key -> runs that hold a slot    turns          hash  key -> the run whose turn it is
 *   blocked:KEY    zset  lanes that wait for a slot      blocked_keys   set   keys that have such lanes
 *   deficits       hash  lane -> what is left of a turn  paused_queues  set   queues that nothing is claimed from
 *   job_stats      hash  job|what -> ms or count
 *   runs           hash  id -> packed run (unfinished)  running        hash  id -> "<token> <worker> <started>"
 *   lane:Q|P:JOB   list  ready ids                      ready:Q        zset  lanes of queue Q by turn
 *   parked:Q       zset  rate-limited lanes by wake-up  delayed:Q      zset  waiting and retrying ids by ready time
 *   leases         zset  running id by lease expiry     tokens         int   next fencing token
 *   holds          hash  held run -> since, what blocks followers      hash  live run -> what its end sets off
 *   cancels        hash  running ids to be cancelled    progress       hash  id -> fraction
 *   errors         hash  id -> last error JSON          letters        hash  id of a dead letter -> its record
 *   history:JOB    list  records, newest first          history_bytes  hash  job -> bytes in its history
 *   dead           zset  dead letter ids by time        log:ID         str   log lines of a run
 *   sent:ID        str   a batch was enqueued lately    own:ID         str   job of a run with an own id
 *   notes:ID       hash  checkpoint and once:KEY -> what a run's next attempt is to know
 *   dependents     hash  job -> jobs that come after it after          hash  job -> what it comes after, its run
 *   arrivals       hash  job -> parents that have come  outbox:SHARD   list  messages for a shard, oldest first
 *   outboxes       set   shards with messages           outbox_seq     int   sequence of the last message
 *   inbox          hash  shard -> last one received     awaiting       hash  run -> it waits for its children
 *   children:RUN   hash  child run -> how it stands     batch:ID       hash  counts, state and callbacks of a batch
 *   members:BATCH  list  groups of runs in a batch      added:BATCH    set   calls that have added to it
 *   batches        zset  batch by its beginning         batches_done   zset  batch by its end
 *   bulks          hash  id -> stored bulk operation    bulk_due       zset  running ones by their next slice
 *   bulk_seen:ID   set   runs that it has run again      queue_pauses   hash  queue -> who paused it, and why, JSON
 *   pause_ends     zset  paused queues by their end
 *   unique         hash  job|key -> run that has it     throttle:JOB|KEY  str the first run of a while
 *   deadlines      zset  ids by when they must have started or be over
 *   ledger:JOB     list  verdicts, newest first         leader         hash  epoch, id, since, about, primary, owed
 *   code:HASH      set   jobs a worker version knows    wake:BELL      list  at most one token
 *   lock           str   the leader's lease, by redlock
 *   orders         hash  worker -> what it is told      pools          hash  pool -> queues that it asks last
 *   restart        hash  the last restart in waves      queues         set   names of queues
 *   rates          hash  job -> its rate, in format 0    starts         str   when the next process may start, on shard 0
 *   meta           hash  format, migration; on shard 0 the number of shards, fixed with the first start
 *   workers, workers_seen, schedulers, schedulers_seen   on shard 0
 *
 * The layout is the same in the scripts' prelude; a test compares the two.
 */
export type Shard = {
  index: number;
  prefix: string;
  connection: Connection;
  run(script: string, args?: ScriptArg[]): Promise<unknown>;
  key(name: string): string;
};

function shardPrefix(namespace: string, index: number): string {
  return `{${namespace}:${index}}:`;
}

export type ShardDeps = {
  connection: Connection;
  clock: Clock;
  events: EventBus;
  /** What the scripts take for the time, in a simulation; left out, it is the clock of Redis. */
  now?: (() => EpochMs) | undefined;
};

export function createShard(namespace: string, index: number, { connection, clock, events, now }: ShardDeps): Shard {
  const prefix = shardPrefix(namespace, index);
  const time = now === undefined ? () => '' : () => String(now());
  return {
    index,
    prefix,
    connection,
    key: (name) => prefix + name,
    async run(script, args = []) {
      const started = clock.monotonic();
      const reply = await runScript(script, { connection, prefix, args: [time(), ...args] });
      if (events.heard('redis.called')) events.emit('redis.called', { script, tookMs: clock.monotonic() - started });
      return reply;
    },
  };
}

/** The shard that a job lives on. */
export function shardIndexOf(job: string, shards: number): number {
  return shards === 1 ? 0 : hashName(job) % shards;
}
