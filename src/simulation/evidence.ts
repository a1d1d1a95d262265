import { unpackLedgerEntry, type Verdict } from '../core/verdict.ts';
import type { ShardStore } from '../store/store.ts';
import type { SeenRun } from './judge.ts';

const SLICE = 5_000;

export type Found = { verdicts: Verdict[]; runs: SeenRun[] };

/** Reads all that Redis has kept of some schedules: verdicts oldest first, and runs. */
export async function collectEvidence(store: ShardStore, schedules: readonly string[]): Promise<Map<string, Found>> {
  const found = new Map<string, Found>(schedules.map((id) => [id, { verdicts: [], runs: [] }]));
  for (const job of schedules) {
    await readVerdicts(store, job, found);
    await readFinished(store, job, found);
  }
  await readLive(store, found);
  for (const { verdicts } of found.values()) verdicts.reverse();
  return found;
}

/** In slices: a ledger of a simulation is longer than any other. */
async function readVerdicts({ shard }: ShardStore, job: string, found: Map<string, Found>): Promise<void> {
  for (let from = 0; ; from += SLICE) {
    const lines = await shard.connection.lrange(shard.key(`ledger:${job}`), from, from + SLICE - 1);
    for (const { schedule, ...verdict } of lines.map(unpackLedgerEntry)) found.get(schedule)?.verdicts.push(verdict);
    if (lines.length < SLICE) return;
  }
}

async function readFinished({ history }: ShardStore, job: string, found: Map<string, Found>): Promise<void> {
  for (let from = 0; ; from += SLICE) {
    const slice = await history.ofJob(job, from, SLICE);
    for (const { run, startedAt, finishedAt } of slice) {
      found.get(job)?.runs.push({ id: run.id, fireTime: run.fireTime, startedAt, finishedAt });
    }
    if (slice.length < SLICE) return;
  }
}

async function readLive({ history }: ShardStore, found: Map<string, Found>): Promise<void> {
  let cursor = '0';
  do {
    const slice = await history.scanLive(cursor, SLICE);
    for (const { id, job, fireTime } of slice.runs) {
      found.get(job)?.runs.push({ id, fireTime, startedAt: 0, finishedAt: undefined });
    }
    cursor = slice.cursor;
  } while (cursor !== '0');
}
