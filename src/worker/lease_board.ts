/**
 * Which leases this process holds, in shared memory: the main thread writes, the heartbeat thread reads and renews, so
 * that a handler which blocks the event loop keeps its lease. One row per attempt: token, shard, and the run id.
 *
 * A row is published by its token and withdrawn by token 0. The writer clears the token, writes the rest, then sets the
 * token; the reader takes a row only if the token is the same before and after it copied the rest. Tokens never recur.
 */
/** The longest: a job of 100 characters, a key of 120, a fire time and a backfill make 248. A cut id would lose its lease. */
const MAX_RUN_ID_BYTES = 260;
const ROW_BYTES = 272;
const SHARD_AT = 8;
const LENGTH_AT = 10;
const ID_AT = 12;

export type HeldLease = { row: number; shard: number; id: string; token: string };

export type LeaseBoard = {
  readonly memory: SharedArrayBuffer;
  hold(lease: Omit<HeldLease, 'row'>): number;
  withdraw(row: number): void;
};

export function createLeaseBoard(rows: number): LeaseBoard {
  const memory = new SharedArrayBuffer(rows * ROW_BYTES);
  const tokens = new BigInt64Array(memory);
  const bytes = Buffer.from(memory);
  const free = Array.from({ length: rows }, (_, row) => rows - 1 - row);
  return {
    memory,
    hold({ shard, id, token }) {
      const row = free.pop();
      if (row === undefined) throw new Error('the lease board is full');
      const at = row * ROW_BYTES;
      bytes.writeUInt16LE(shard, at + SHARD_AT);
      bytes.writeUInt16LE(bytes.write(id, at + ID_AT, MAX_RUN_ID_BYTES, 'utf8'), at + LENGTH_AT);
      Atomics.store(tokens, at / 8, BigInt(token) + 1n);
      return row;
    },
    withdraw(row) {
      Atomics.store(tokens, (row * ROW_BYTES) / 8, 0n);
      free.push(row);
    },
  };
}

/** Reads the rows that are published; safe beside a writer in another thread. */
export function readLeaseBoard(memory: SharedArrayBuffer): HeldLease[] {
  const tokens = new BigInt64Array(memory);
  const bytes = Buffer.from(memory);
  const held: HeldLease[] = [];
  for (let row = 0; row < memory.byteLength / ROW_BYTES; row += 1) {
    const at = row * ROW_BYTES;
    const token = Atomics.load(tokens, at / 8);
    if (token === 0n) continue;
    const shard = bytes.readUInt16LE(at + SHARD_AT);
    const id = bytes.toString('utf8', at + ID_AT, at + ID_AT + bytes.readUInt16LE(at + LENGTH_AT));
    if (Atomics.load(tokens, at / 8) === token) held.push({ row, shard, id, token: String(token - 1n) });
  }
  return held;
}
