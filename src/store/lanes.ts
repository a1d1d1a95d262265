import type { Shard } from './shard.ts';

/** A lane of a queue; see docs/adr/0002-lanes.md. */
export type Lane = { queue: string; lane: string };

/** Ready lanes, those that wait for their rate, and those that wait for a slot. */
export type LaneIndex = 'ready' | 'parked' | 'blocked';

const SLICE = 1_000;

export function laneKey(shard: Shard, { queue, lane }: Lane): string {
  return shard.key(`lane:${queue}|${lane}`);
}

/** Lanes of these queues, at most `most` of each index; some are empty by now. */
export async function readLanes(
  shard: Shard,
  queues: readonly string[],
  most: number,
): Promise<Record<LaneIndex, Lane[]>> {
  const ofQueue = async (index: 'ready' | 'parked', queue: string): Promise<Lane[]> =>
    (await scan(shard, `${index}:${queue}`, most)).filter((lane) => lane !== '*').map((lane) => ({ queue, lane }));
  const [ready, parked, blocked] = await Promise.all([
    Promise.all(queues.map((queue) => ofQueue('ready', queue))),
    Promise.all(queues.map((queue) => ofQueue('parked', queue))),
    readBlocked(shard, new Set(queues), most),
  ]);
  return { ready: ready.flat(), parked: parked.flat(), blocked };
}

async function readBlocked(shard: Shard, queues: ReadonlySet<string>, most: number): Promise<Lane[]> {
  const keys = await shard.connection.smembers(shard.key('blocked_keys'));
  const lanes: Lane[] = [];
  for (const key of keys) {
    for (const member of await scan(shard, `blocked:${key}`, most - lanes.length)) {
      const space = member.indexOf(' ');
      const queue = member.slice(0, space);
      if (queues.has(queue)) lanes.push({ queue, lane: member.slice(space + 1) });
    }
    if (lanes.length >= most) break;
  }
  return lanes;
}

/** Members of a sorted set, in no order. */
async function scan(shard: Shard, name: string, most: number): Promise<string[]> {
  const members = new Set<string>();
  let cursor = '0';
  do {
    const [following, flat] = await shard.connection.zscan(shard.key(name), cursor, 'COUNT', SLICE);
    for (let i = 0; i < flat.length; i += 2) members.add(flat[i] as string);
    cursor = following;
  } while (cursor !== '0' && members.size < most);
  return [...members];
}
