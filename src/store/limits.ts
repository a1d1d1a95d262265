import { jobKey, OPEN_LIMIT, packLimit, queueKey, unpackKeys, type KeyLimit } from '../core/limit.ts';
import { unpackRun, type Run } from '../core/run.ts';
import type { DurationMs, EpochMs } from '../core/time/units.ts';
import type { Shard } from './shard.ts';

/** A key, and where the limit that job files give it is filed (see limitField). */
export type FiledKey = { key: string; field: string };

/** How the limit of a key stands on one shard. */
export type KeyState = {
  /** '' for none. */
  limit: string;
  by: 'operator' | 'job-file' | 'nobody';
  /** Undefined where its rate lets a run start now. */
  nextStart: EpochMs | undefined;
  heldUntil: EpochMs | undefined;
  /** Undefined where slots are not counted. */
  running: number | undefined;
  turn: string | undefined;
  /** Lanes that wait for a slot or a turn. */
  blockedLanes: number;
};

/** A lane of a queue. */
export type QueueLane = { queue: string; lane: string };

/** Limits of one shard. Nothing here is on a hot path. */
export type LimitStore = ReturnType<typeof createLimitStore>;

const FIELDS = 8;
const SCAN_COUNT = 1_000;

export function createLimitStore(shard: Shard) {
  const { connection } = shard;
  const scanHash = async (hash: string, prefix: string, { most }: { most: number }, found: Set<string>) => {
    let cursor = '0';
    do {
      const match = `${prefix.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}*`;
      const [next, flat] = await connection.hscan(shard.key(hash), cursor, 'MATCH', match, 'COUNT', SCAN_COUNT);
      for (let i = 0; i < flat.length; i += 2) found.add(flat[i] as string);
      cursor = next;
    } while (cursor !== '0' && found.size < most);
  };

  return {
    /** All that is configured, by field: `=<key>` of operators, `job:NAME` and `*<template id>` of job files. */
    async configured(): Promise<Map<string, string>> {
      return new Map(Object.entries(await connection.hgetall(shard.key('limits'))));
    },

    /** Some keys that something is known of: spent rates, holds, slots that are taken, turns, lanes that wait. */
    async liveKeys(prefix: string, most: number): Promise<string[]> {
      const found = new Set<string>();
      for (const hash of ['active', 'turns', 'tats']) await scanHash(hash, prefix, { most }, found);
      const blocked = await connection.srandmember(shard.key('blocked_keys'), most);
      for (const key of blocked) if (key.startsWith(prefix)) found.add(key);
      return [...found].sort().slice(0, most);
    },

    async states(keys: readonly FiledKey[]): Promise<KeyState[]> {
      if (keys.length === 0) return [];
      const reply = (await shard.run(
        'show_limits',
        keys.flatMap(({ key, field }) => [key, field]),
      )) as string[];
      return keys.map((key, i) => readState(key, reply.slice(FIELDS * i, FIELDS * (i + 1))));
    },

    /** Lanes that wait for a slot or a turn of the key, the one that waits longest first. */
    async blockedLanes(key: string, most: number): Promise<QueueLane[]> {
      const members = await connection.zrange(shard.key(`blocked:${key}`), '0', String(most - 1));
      return members.map((member) => {
        const space = member.indexOf(' ');
        return { queue: member.slice(0, space), lane: member.slice(space + 1) };
      });
    },

    /** Lanes of all queues that wait for their rate. */
    async parkedLanes(most: number): Promise<QueueLane[]> {
      const queues = await connection.smembers(shard.key('queues'));
      const lanes = await Promise.all(
        queues.map(async (queue) => {
          const parked = await connection.zrange(shard.key(`parked:${queue}`), '0', String(most - 1));
          return parked.filter((lane) => lane !== '*').map((lane) => ({ queue, lane }));
        }),
      );
      return lanes.flat().slice(0, most);
    },

    /** Ready runs of these lanes. */
    async runsIn(lanes: readonly QueueLane[]): Promise<number> {
      const lengths = await Promise.all(
        lanes.map(({ queue, lane }) => connection.llen(shard.key(`lane:${queue}|${lane}`))),
      );
      return lengths.reduce((sum, length) => sum + length, 0);
    },

    /** Some running runs with the key. */
    async holders(key: string, most: number): Promise<string[]> {
      const ids = await connection.hkeys(shard.key('running'));
      const found: string[] = [];
      for (let from = 0; from < ids.length && found.length < most; from += SCAN_COUNT) {
        const part = ids.slice(from, from + SCAN_COUNT);
        const packed = await connection.hmget(shard.key('runs'), ...part);
        const holding = part.filter((id, i) => keysOfRun(unpackRun(id, packed[i] ?? '')).includes(key));
        found.push(...holding);
      }
      return found.slice(0, most);
    },

    /** An operator's limit in the place of what job files say, or with undefined these again. */
    async set({ key, field }: FiledKey, limit: KeyLimit | undefined): Promise<'set' | 'same'> {
      return (await shard.run('set_limit', [key, limit === undefined ? '' : packLimit(limit), field])) as
        | 'set'
        | 'same';
    },

    /** Nothing of the key starts for so long. Returns from when on runs start again. */
    async hold({ key, field }: FiledKey, holdMs: DurationMs): Promise<EpochMs> {
      return (await shard.run('hold_limit', [key, field, holdMs])) as number;
    },

    /** Forgets what was spent, and a hold. */
    async reset({ key, field }: FiledKey): Promise<void> {
      await shard.run('hold_limit', [key, field, 'reset']);
    },

    /** One slice of the spent rates: keys whose time has passed at `now`. Go on with the cursor until it is `0`. */
    async scanPassed(cursor: string, now: EpochMs): Promise<{ cursor: string; keys: string[] }> {
      const [next, flat] = await connection.hscan(shard.key('tats'), cursor, 'COUNT', SCAN_COUNT);
      const keys: string[] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const [ms = '0', fraction = '0', held = '0'] = (flat[i + 1] as string).split(' ');
        if (Number(ms) + Number(fraction) <= now && Number(held) <= now) keys.push(flat[i] as string);
      }
      return { cursor: next, keys };
    },

    /** `repairs`: fields of `limits` with what they should hold, '' for nothing, as read at the jobs' `revision`. */
    async prune(
      epoch: string,
      { keys, repairs, revision }: { keys: readonly string[]; repairs: ReadonlyMap<string, string>; revision: string },
    ): Promise<'fenced' | { keys: number; repairs: number }> {
      const args = [epoch, revision, keys.length, ...keys, ...[...repairs].flat()];
      const reply = (await shard.run('prune_limits', args)) as 'fenced' | [number, number];
      return reply === 'fenced' ? reply : { keys: reply[0], repairs: reply[1] };
    },
  };
}

function keysOfRun({ job, queue, keys }: Run): string[] {
  return [jobKey(job), queueKey(queue), ...unpackKeys(keys).map(({ key }) => key)];
}

function readState({ field }: FiledKey, texts: string[]): KeyState {
  const [limit = '', own, nextStart = '', heldUntil = '', running, turn = '', blocked, slots] = texts;
  const isOnlyHeld = limit === OPEN_LIMIT && (own === '=' || !field.startsWith('*'));
  return {
    limit,
    by: limit === '' || isOnlyHeld ? 'nobody' : own === '=' ? 'operator' : 'job-file',
    nextStart: nextStart === '' ? undefined : Number(nextStart),
    heldUntil: heldUntil === '' ? undefined : Number(heldUntil),
    running: slots === '' ? undefined : Number(running),
    turn: turn === '' ? undefined : turn,
    blockedLanes: Number(blocked),
  };
}
