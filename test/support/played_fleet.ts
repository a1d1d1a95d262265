import { onTestFinished } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { WorkerInfo, WorkerOrder } from '../../src/store/workers.ts';
import { workerInfo } from './listed_workers.ts';

export type PlayedWorker = Partial<WorkerInfo> & { id: string };

export type PlayedFleet = {
  /** Every order that was heard, in order. */
  readonly told: { worker: string; order: WorkerOrder }[];
  /** Names of those that live. */
  live(): string[];
  /** Most that were missing at once. */
  mostMissing(): number;
  /** Starts one more. */
  add(worker: PlayedWorker): Promise<void>;
  /** None hears anything, until they go on; they stay listed meanwhile. */
  hold(): void;
  goOn(): void;
};

const KEEP_MS = 12_000;
const BEAT_MS = 25;

/**
 * Workers that are played: each beats, and leaves when it is told to. `startAgain` is their supervisor: it answers what comes in
 * the place of one that has left, or undefined for nothing.
 */
export async function playFleet(
  { workers }: Pick<Store, 'workers'>,
  first: readonly PlayedWorker[],
  startAgain: (left: WorkerInfo) => PlayedWorker | undefined = (left) => ({
    ...left,
    id: `${left.id}'`,
    process: `${left.id}'`,
  }),
): Promise<PlayedFleet> {
  const live = new Map<string, WorkerInfo>();
  const told: PlayedFleet['told'] = [];
  let most = 0;
  let isHeld = false;
  const add = async (worker: PlayedWorker): Promise<void> => {
    const info = workerInfo(worker);
    live.set(info.id, info);
    await workers.beat(info, KEEP_MS);
  };
  const drop = async (id: string): Promise<void> => {
    live.delete(id);
    await workers.remove(id);
  };
  const leave = async (info: WorkerInfo): Promise<void> => {
    await drop(info.id);
    most = Math.max(most, first.length - live.size);
    const next = startAgain(info);
    if (next !== undefined) await add(next);
  };
  for (const worker of first) await add(worker);
  let beating = Promise.resolve();
  const beatAll = async (): Promise<void> => {
    if (isHeld) return;
    const leaving: WorkerInfo[] = [];
    for (const info of live.values()) {
      const order = await workers.beat(info, KEEP_MS);
      if (order === undefined) continue;
      told.push({ worker: info.id, order });
      leaving.push(info);
    }
    most = Math.max(most, first.length - live.size + leaving.length);
    for (const info of leaving) await leave(info);
  };
  // At the end of a test its engine is closed first, in the middle of a beat or not; a fleet that fell silent before is missed by the test.
  const timer = setInterval(() => void (beating = beating.then(beatAll).catch(() => undefined)), BEAT_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    await beating;
  });
  return {
    told,
    live: () => [...live.keys()].toSorted(),
    mostMissing: () => most,
    add,
    hold: () => void (isHeld = true),
    goOn: () => void (isHeld = false),
  };
}
