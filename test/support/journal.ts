import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** What a handler wrote about one attempt. `stopped`: it obeyed its signal and did not finish. */
export type JournalLine = {
  job: string;
  run: string;
  fireTime: number;
  attempt: number;
  event: 'start' | 'stopped' | 'end';
  /** Wall clock of the host, epoch ms. */
  at: number;
  /** Monotonic clock of the host, µs: the order of lines, since much happens within a millisecond. */
  tick: number;
  pid: number;
  /** What a thorough handler finds of the attempts before: the number of the one that kept it last, or `nothing`. */
  checkpointed?: number | 'nothing';
};

/** The journals of all worker processes of a fleet, joined in order of time. */
export type Journal = {
  readonly folder: string;
  /** Everything that was written up to now. */
  read(): readonly JournalLine[];
};

const CHUNK_BYTES = 1 << 16;

/** Follows the journals below a folder, one file per process; each read takes only what is new. */
export function openJournal(folder: string): Journal {
  const lines: JournalLine[] = [];
  const offsets = new Map<string, number>();
  return {
    folder,
    read() {
      let isNew = false;
      for (const name of readdirSync(folder)) {
        const { text, bytes } = readWholeLines(path.join(folder, name), offsets.get(name) ?? 0);
        if (bytes === 0) continue;
        offsets.set(name, (offsets.get(name) ?? 0) + bytes);
        for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line) as JournalLine);
        isNew = true;
      }
      if (isNew) lines.sort((a, b) => a.tick - b.tick);
      return lines;
    },
  };
}

/** A writer that was killed can leave no half line, for each is one write; one that is being written may be seen half. */
function readWholeLines(file: string, from: number): { text: string; bytes: number } {
  const handle = openSync(file, 'r');
  try {
    const parts: Buffer[] = [];
    for (let at = from; ;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const count = readSync(handle, chunk, 0, CHUNK_BYTES, at);
      parts.push(chunk.subarray(0, count));
      at += count;
      if (count < CHUNK_BYTES) break;
    }
    const all = Buffer.concat(parts);
    const bytes = all.lastIndexOf(10) + 1;
    return { text: all.toString('utf8', 0, bytes), bytes };
  } finally {
    closeSync(handle);
  }
}

export function linesByRun(lines: readonly JournalLine[]): Map<string, JournalLine[]> {
  const byRun = new Map<string, JournalLine[]>();
  for (const line of lines) {
    const own = byRun.get(line.run);
    if (own) own.push(line);
    else byRun.set(line.run, [line]);
  }
  return byRun;
}

/** The start lines of attempts of the process that have neither ended nor stopped. */
export function liveAttempts(lines: readonly JournalLine[], pid: number): JournalLine[] {
  const live = new Map<string, JournalLine>();
  for (const line of lines) {
    if (line.pid !== pid) continue;
    if (line.event === 'start') live.set(line.run, line);
    else live.delete(line.run);
  }
  return [...live.values()];
}

/** Runs with an attempt that ended. */
export function finishedRuns(lines: readonly JournalLine[]): Set<string> {
  return new Set(lines.filter(({ event }) => event === 'end').map(({ run }) => run));
}
