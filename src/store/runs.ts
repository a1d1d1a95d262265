import { unpackExtras, withoutDeadline, withoutKin, withoutNotes } from '../core/extras.ts';
import { laneOf, packRunHead, unpackRun } from '../core/run.ts';
import type { Attempt, FinishedRun, KeyHold, Run, Settlement } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import { retakesKey, type UniqueRule } from '../core/unique.ts';
import { createUniqueStore, readEnded, type EndedRun, type UniqueRun } from './unique_runs.ts';
import type { ScriptArg } from './scripts.ts';
import type { Shard } from './shard.ts';

/** What a worker asks for: up to `want` runs of jobs that it has code for, from these queues in this order. */
export type ClaimRequest = { worker: string; leaseMs: DurationMs; want: number; code: string; queues: string[] };
export type Claim = {
  /** Redis time of the claim. */
  now: EpochMs;
  attempts: Attempt[];
  /** There may be more that could be claimed at once. */
  more: boolean;
  /** Runs that were found to be past their deadline, and ended instead; undefined for none. */
  expired: EndedRun[] | undefined;
};

/** How much of its history a job keeps. */
export type Retention = { count: number; bytes: number };

export type SettleEntry = { id: string; token: string; settlement: Settlement };
export type SettleResult = { settled: boolean[]; claim: Claim | undefined };

/** Runs of one lane (queue, priority, job) with one delay; their ids count on from the first (see core/run_ids). */
export type EnqueueGroup = {
  queue: string;
  lane: string;
  delayMs: DurationMs;
  /** From packRunHead. */
  head: string;
  firstId: string;
  /** Payload JSON of each run, or with an open head what packBody answers. */
  payloads: string[];
  /** Its one run is to be the only one of its key, which its extras name: see UniqueStore. */
  unique?: UniqueRule;
};

export type Promoted = {
  now: EpochMs;
  nextDue: EpochMs | undefined;
  promoted: number;
  nextExpiry: EpochMs | undefined;
  /** Whether messages for other shards wait to be delivered. */
  post: 'waits' | 'none';
};

export type ExpiredAttempt = { run: Run; token: string; worker: string; startedAt: EpochMs };

/** Claims, leases and the ends of attempts on one shard. */
export type RunStore = ReturnType<typeof createRunStore>;

export function createRunStore(shard: Shard) {
  return {
    /**
     * May be sent again, for a few seconds, when the answer was lost: the same first id changes nothing twice. An `own`
     * id changes nothing for a week. Returns the ids that changed nothing.
     */
    async enqueue(groups: EnqueueGroup[], mode: 'fresh' | 'own'): Promise<string[]> {
      const args: ScriptArg[] = [mode];
      for (const group of groups) {
        const { queue, lane, delayMs, head, firstId, payloads } = group;
        args.push(queue, lane, delayMs, head, firstId, payloads.length);
        for (const payload of payloads) args.push(payload);
      }
      return (await shard.run('enqueue', args)) as string[];
    },

    /** A run that may not start any more, as its deadline has passed, ends instead: `retention` is for these. */
    async claim(request: ClaimRequest, retention: Retention): Promise<Claim> {
      return readClaim(await shard.run('claim', [retention.count, retention.bytes, ...claimArgs(request)]));
    },

    /** Ends attempts and, in the same call, claims the next runs. An entry whose token is stale changes nothing. */
    async settle(entries: SettleEntry[], retention: Retention, request?: ClaimRequest): Promise<SettleResult> {
      const args: ScriptArg[] = [retention.count, retention.bytes, ...entryArgs(entries)];
      if (request) args.push(...claimArgs(request));
      const [verdicts, claim] = (await shard.run('settle', args)) as [string, unknown];
      return { settled: readFlags(verdicts), claim: claim === undefined ? undefined : readClaim(claim) };
    },

    /** Ends attempts whose lease is over. Throws nothing on a newer leader: answers `fenced`. */
    async reap(epoch: string, entries: SettleEntry[], retention: Retention): Promise<boolean[] | 'fenced'> {
      const reply = await shard.run('reap', [epoch, retention.count, retention.bytes, ...entryArgs(entries)]);
      return reply === 'fenced' ? 'fenced' : readFlags(reply as string);
    },

    async expired(limit: number): Promise<{ attempts: ExpiredAttempt[]; nextExpiry: EpochMs | undefined }> {
      const reply = (await shard.run('expired', [limit])) as string[];
      const attempts: ExpiredAttempt[] = [];
      for (let i = 1; i < reply.length; i += 3) {
        const [token = '', worker = '', startedAt = '0'] = (reply[i + 1] ?? '').split(' ');
        attempts.push({
          run: unpackRun(reply[i] as string, reply[i + 2] as string),
          token,
          worker,
          startedAt: Number(startedAt),
        });
      }
      return { attempts, nextExpiry: readTime(reply[0] ?? '') };
    },

    /** Does what the ends of these should have set off, where they are gone without it. Returns how many it helped. */
    async followEnds(runs: string[], schedules: string[], retention: Retention): Promise<number> {
      const args = [retention.count, retention.bytes, runs.length, ...runs, ...schedules];
      return (await shard.run('follow_ends', args)) as number;
    },

    /** One slice of the runs whose end sets something off: those that are gone. Go on with the cursor until it is `0`. */
    async scanFollowed(cursor: string, count: number): Promise<{ cursor: string; gone: string[] }> {
      const { connection } = shard;
      const [following, flat] = await connection.hscan(shard.key('followers'), cursor, 'COUNT', count);
      const ids = flat.filter((_, i) => i % 2 === 0);
      const flags = await Promise.all(ids.map((id) => connection.hexists(shard.key('runs'), id)));
      return { cursor: following, gone: ids.filter((_, i) => flags[i] === 0) };
    },

    async promote(limit: number): Promise<Promoted> {
      const reply = (await shard.run('promote', [limit])) as [number, string, number, string, number];
      const [now, nextDue, promoted, lease, outboxes] = reply;
      const post = outboxes === 1 ? 'waits' : 'none';
      return { now, promoted, nextDue: readTime(nextDue), nextExpiry: readTime(lease), post };
    },

    /** Attempts that Redis thinks this worker holds: id and token. */
    async heldBy(worker: string): Promise<{ id: string; token: string }[]> {
      const reply = (await shard.run('held_by', [worker])) as string[];
      const held: { id: string; token: string }[] = [];
      for (let i = 0; i < reply.length; i += 2) held.push({ id: reply[i] as string, token: reply[i + 1] as string });
      return held;
    },

    async cancel(id: string, bodyJson: string, retention: Retention): Promise<CancelAnswer> {
      const reply = (await shard.run('cancel', [retention.count, retention.bytes, id, bodyJson])) as string[];
      const [answer, worker = '', token = ''] = reply;
      return answer === 'running' ? { answer, worker, token } : { answer: answer as 'cancelled' | 'gone' };
    },

    /** Makes a new run from a finished one; a dead letter goes to the history. */
    async redrive({ run, state }: FinishedRun, newId: string, retention: Retention): Promise<Redriven> {
      if (state === 'dead') {
        const answer = await shard.run('redrive', [retention.count, retention.bytes, run.id, newId]);
        if (answer !== 'gone') return readRedriven(answer as string);
      }
      const extras = withoutKin(withoutNotes(withoutDeadline(run.extras)));
      const head = packRunHead({ ...run, extras });
      if (retakesKey(unpackExtras(extras).unique)) return retake(shard, { id: newId, packed: head + run.payloadJson });
      const place = { queue: run.queue, lane: laneOf(run.job, run.priority, run.keys), head };
      await this.enqueue([{ ...place, delayMs: 0, firstId: newId, payloads: [run.payloadJson] }], 'fresh');
      return { heldBy: undefined };
    },

    async appendLog(attempt: { id: string; token: string }, lines: string, keep: { bytes: number; ms: DurationMs }) {
      return (await shard.run('append_log', [attempt.id, attempt.token, keep.bytes, keep.ms, lines])) as
        | 'appended'
        | 'capped'
        | 'fenced';
    },

    /** What earlier attempts of a run have noted, by field. */
    async notes(id: string): Promise<Record<string, string>> {
      return shard.connection.hgetall(shard.key(`notes:${id}`));
    },

    async setNote(attempt: { id: string; token: string }, note: { field: string; value: string; most: number }) {
      const { field, value, most } = note;
      return (await shard.run('set_note', [attempt.id, attempt.token, field, value, most])) as
        | 'noted'
        | 'fenced'
        | 'full';
    },

    async setProgress(attempt: { id: string; token: string }, fraction: number): Promise<'set' | 'fenced'> {
      return (await shard.run('set_progress', [attempt.id, attempt.token, fraction])) as 'set' | 'fenced';
    },

    /** Says which jobs the holders of `code` can run. Call again well within `keepMs`. */
    async publishCode(code: string, jobs: string[], keepMs: DurationMs): Promise<void> {
      for (let i = 0; i < jobs.length; i += 4_000) {
        await shard.run('publish_code', [code, keepMs, ...jobs.slice(i, i + 4_000)]);
      }
    },
  };
}

/** `heldBy`: the run that has its unique key; nothing was made. */
export type Redriven = { heldBy: string | undefined };

async function retake(shard: Shard, run: UniqueRun): Promise<Redriven> {
  const call = { ids: 'fresh', rule: { mode: 'unique' }, delayMs: 0 } as const;
  const [answer] = await createUniqueStore(shard).enqueue(call, [run]);
  return { heldBy: answer?.outcome === 'duplicate' ? answer.id : undefined };
}

function readRedriven(answer: string): Redriven {
  return { heldBy: answer.startsWith('held ') ? answer.slice(5) : undefined };
}

export type CancelAnswer = { answer: 'cancelled' | 'gone' } | { answer: 'running'; worker: string; token: string };

/** Renews leases: one character per attempt, `1` renewed, `0` lost, `c` renewed and to be cancelled. */
export async function renewLeases(
  shard: Pick<Shard, 'run'>,
  leaseMs: DurationMs,
  attempts: { id: string; token: string }[],
): Promise<string> {
  const args: ScriptArg[] = [leaseMs];
  for (const { id, token } of attempts) args.push(id, token);
  return (await shard.run('renew', args)) as string;
}

function claimArgs({ worker, leaseMs, want, code, queues }: ClaimRequest): ScriptArg[] {
  return [worker, leaseMs, want, code, ...queues];
}

function readClaim(reply: unknown): Claim {
  const list = reply as [number, number, string, ...string[]];
  const attempts: Attempt[] = [];
  const firstToken = list[1];
  for (let i = 3; i < list.length; i += 2) {
    attempts.push({
      run: unpackRun(list[i] as string, list[i + 1] as string),
      token: String(firstToken + (i - 3) / 2),
    });
  }
  const [more, ...words] = list[2].split(' ');
  return { now: list[0], attempts, more: more === 'more', expired: words.length === 0 ? undefined : readEnded(words) };
}

function entryArgs(entries: SettleEntry[]): ScriptArg[] {
  const args: ScriptArg[] = [entries.length];
  for (const { id, token, settlement } of entries) {
    args.push(id, token, settlement.outcome, detailOf(settlement), 'bodyJson' in settlement ? settlement.bodyJson : '');
  }
  return args;
}

function detailOf(settlement: Settlement): string {
  switch (settlement.outcome) {
    case 'retrying':
      return `${Math.ceil(settlement.delayMs)} ${settlement.attempts} ${settlement.failures} ${settlement.crashes}`;
    case 'snoozed':
      return String(Math.ceil(settlement.delayMs));
    case 'released':
      return settlement.hold === undefined ? '' : holdDetail(settlement.hold);
    case 'spawned':
      return `${settlement.next} ${settlement.children} ${settlement.logged ? 'L' : '-'}`;
    default:
      return settlement.logged ? 'logs' : '';
  }
}

function holdDetail({ ms, field, key }: KeyHold): string {
  return `${ms} ${field} ${key}`;
}

function readTime(text: string): EpochMs | undefined {
  return text === '' ? undefined : Number(text);
}

function readFlags(text: string): boolean[] {
  return Array.from(text, (flag) => flag === '1');
}
