import type { Attempt } from '../../src/core/run.ts';
import type { EpochMs } from '../../src/core/time/units.ts';
import type { TestShard } from './test_shard.ts';

/** What a run is by the model; a finished one has left every queue for good. */
export type ModelRun =
  | { state: 'ready'; crashes: number; cancelled: boolean }
  | { state: 'delayed'; readyAt: EpochMs; crashes: number; cancelled: boolean }
  | { state: 'running'; token: string; expiry: EpochMs; crashes: number; cancelled: boolean }
  | { state: 'finished'; outcome: string };

/** The queue as plain data: what must be true of Redis after each command. */
export type QueueModel = {
  now: EpochMs;
  runs: Map<string, ModelRun>;
  seen: Attempt[];
  tokens: Set<string>;
  nextId: number;
};

export type QueueReal = { shard: TestShard };

export function newModel(now: EpochMs): QueueModel {
  return { now, runs: new Map(), seen: [], tokens: new Set(), nextId: 0 };
}

/** What may be claimed now: ready, or delayed until now at most. */
export function claimable(model: QueueModel): string[] {
  return [...model.runs].flatMap(([id, run]) => {
    const isDue = run.state === 'ready' || (run.state === 'delayed' && run.readyAt <= model.now);
    return isDue ? [id] : [];
  });
}

/** The run that a token holds, by the model. */
export function heldBy(model: QueueModel, { run: { id }, token }: Attempt) {
  const run = model.runs.get(id);
  return run?.state === 'running' && run.token === token ? run : undefined;
}

/** Where Redis keeps each unfinished run. A run in two places, or in none, is a defect. */
export async function placesOf({ connection, shard }: TestShard): Promise<Map<string, string[]>> {
  const lanes = await connection.keys(shard.key('lane:*'));
  const queues = await connection.smembers(shard.key('queues'));
  const [ids, leases, waiting, ready] = await Promise.all([
    connection.hkeys(shard.key('runs')),
    connection.zrange(shard.key('leases'), '0', '-1'),
    Promise.all(queues.map((queue) => connection.zrange(shard.key(`delayed:${queue}`), '0', '-1'))),
    Promise.all(lanes.map((lane) => connection.lrange(lane, 0, -1))),
  ]);
  const places = new Map<string, string[]>(ids.map((id) => [id, []]));
  const note = (place: string) => (id: string) => {
    places.set(id, [...(places.get(id) ?? ['no run']), place]);
  };
  leases.forEach(note('running'));
  waiting.flat().forEach(note('delayed'));
  ready.flat().forEach(note('ready'));
  return places;
}
