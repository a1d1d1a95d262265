import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { defineJob } from 'belfry';
import { recall, remember } from '../_lib/data.ts';

type Payload = { folders?: string[]; warnGrowthBytes?: number; warnTotalBytes?: number } | null;
/** Bytes of each file, by inode where there is one, so that a rotated file does not count as new. */
type Look = { atMs: number; bytes: Record<string, number> };
type LogFile = { file: string; key: string; bytes: number };

const MIB = 1024 * 1024;
const DEFAULT_FOLDERS = process.platform === 'darwin' ? ['/var/log', '/Library/Logs'] : ['/var/log'];
const DEFAULT_WARN_GROWTH_BYTES = 100 * MIB;
const DEFAULT_WARN_TOTAL_BYTES = 5 * 1024 * MIB;
/** A folder with more files than this is not a log folder; the rest is left out, and that is said. */
const MOST_FILES = 20_000;
const GROWERS_SHOWN = 5;

export default defineJob<Payload>({
  description: 'Size and growth of the log folders; names the files that grow fastest',
  owner: 'belfry',
  schedule: { cron: '*/5 * * * *', jitter: '10s' },
  timeout: '1m',
  slo: { lag: '1m' },
  payload: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      folders: { type: 'array', items: { type: 'string' }, minItems: 1 },
      warnGrowthBytes: { type: 'integer', minimum: 1 },
      warnTotalBytes: { type: 'integer', minimum: 1 },
    },
  },
  async run({ payload, log, signal }) {
    const { folders = DEFAULT_FOLDERS, warnGrowthBytes, warnTotalBytes } = payload ?? {};
    const { files, unreadable } = await listFiles(folders, signal);
    const state = `logs-growth-${Buffer.from(folders.join('\n')).toString('base64url').slice(0, 80)}`;
    const before = await recall<Look>(state);
    const now: Look = { atMs: Date.now(), bytes: Object.fromEntries(files.map(({ key, bytes }) => [key, bytes])) };
    await remember(state, now);

    const growers = before === undefined ? [] : findGrowers(files, before);
    const totalBytes = sum(files.map(({ bytes }) => bytes));
    const grownBytes = sum(growers.map(({ grownBytes: grown }) => grown));
    const sinceMs = before === undefined ? null : now.atMs - before.atMs;
    const largest = growers.slice(0, GROWERS_SHOWN);
    if (grownBytes > (warnGrowthBytes ?? DEFAULT_WARN_GROWTH_BYTES))
      log.warn('logs grow fast', { grownBytes, sinceMs, largest });
    if (totalBytes > (warnTotalBytes ?? DEFAULT_WARN_TOTAL_BYTES))
      log.warn('logs take much room', { totalBytes, folders });
    if (unreadable.length > 0) log.info('some folders could not be read', { unreadable: unreadable.slice(0, 20) });
    if (files.length >= MOST_FILES) log.warn(`only the first ${MOST_FILES} files were counted`);
    return { folders, files: files.length, totalBytes, grownBytes, sinceMs, largest, unreadable: unreadable.length };
  },
});

/** Largest growth first. A file that shrank was rotated in place: all that is in it now came since. */
function findGrowers(files: LogFile[], before: Look): { file: string; grownBytes: number }[] {
  return files
    .map(({ file, key, bytes }) => {
      const last = before.bytes[key] ?? 0;
      return { file, grownBytes: bytes < last ? bytes : bytes - last };
    })
    .filter(({ grownBytes }) => grownBytes > 0)
    .toSorted((a, b) => b.grownBytes - a.grownBytes);
}

async function listFiles(folders: string[], signal: AbortSignal): Promise<{ files: LogFile[]; unreadable: string[] }> {
  const files: LogFile[] = [];
  const unreadable: string[] = [];
  const left = [...folders];
  for (let folder = left.pop(); folder !== undefined && files.length < MOST_FILES; folder = left.pop()) {
    signal.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) unreadable.push(folder);
    for (const entry of entries ?? []) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) left.push(file);
      else if (entry.isFile()) files.push(...(await measure(file)));
    }
  }
  return { files: files.slice(0, MOST_FILES), unreadable };
}

/** Empty for a file that was removed since its folder was listed. */
async function measure(file: string): Promise<LogFile[]> {
  const stats = await lstat(file).catch(() => undefined);
  return stats === undefined ? [] : [{ file, key: `${stats.dev}:${stats.ino}`, bytes: stats.size }];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
