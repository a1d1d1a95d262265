import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { defineJob, NonRetryableError } from 'belfry';
import { checkFile, parseManifest, type FileCheck } from '../_lib/aof_files.ts';
import { withRedis, type Call } from '../_lib/redis.ts';

type Payload = { directory?: string } | null;
type Manifest = { directory: string; files: string[] };

/** Redis appends a batch of commands with one write; a file that ends within a command is looked at again after this. */
const WRITE_MS = 1_000;
const NOT_HERE = 'the files of Redis are not on this host';

export default defineJob<Payload>({
  description: 'Reads the whole append-only file of Redis and fails if Redis could not start from it',
  owner: 'belfry',
  schedule: { cron: 'H * * * *' },
  // Gigabytes are parsed here without a pause: in a process of its own that holds up no other run.
  isolation: 'process',
  timeout: '30m',
  retry: { attempts: 2, backoff: { type: 'fixed', initial: '30s' } },
  slo: { lag: '5m' },
  payload: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      directory: { type: 'string', description: 'Folder of an appendonly.aof.manifest, instead of the live one' },
    },
  },
  async run({ payload, log, signal, progress }) {
    const manifest = payload?.directory === undefined ? await findLive(signal) : await readFolder(payload.directory);
    if (typeof manifest === 'string') {
      log.warn(`nothing was checked: ${manifest}`);
      return { checked: 0, skipped: manifest };
    }
    const report: Record<string, FileCheck> = {};
    for (const [index, name] of manifest.files.entries()) {
      const isLast = index === manifest.files.length - 1;
      const check = await checkSettled(path.join(manifest.directory, name), signal);
      report[name] = check;
      if (check.state === 'damaged') {
        throw new NonRetryableError(`${name} is damaged at byte ${check.offset}: ${check.reason}`, {
          hint: 'Redis would not start from it: take a backup of the folder, then redis-check-aof --fix, or BGREWRITEAOF',
        });
      }
      if (check.state === 'cut' && !isLast) {
        throw new NonRetryableError(`${name} ends within a command, and it is not the last file`, {
          hint: 'Redis forgives a cut end only in the last file: BGREWRITEAOF writes a new base from memory',
        });
      }
      if (check.state === 'cut') {
        log.warn(
          `${name} ends within a command: the next start of Redis drops ${check.bytes - check.wholeBytes} bytes`,
        );
      }
      progress((index + 1) / manifest.files.length);
    }
    return { checked: manifest.files.length, directory: manifest.directory, files: report };
  },
});

/** Checks a file; when its end is missing, once more after a moment: Redis may have been writing it. */
async function checkSettled(file: string, signal: AbortSignal): Promise<FileCheck> {
  const check = await checkFile(file, signal);
  if (check.state !== 'cut') return check;
  await wait(WRITE_MS, undefined, { signal });
  return checkFile(file, signal);
}

/** The files that the running Redis appends to, or in words why they cannot be checked. */
async function findLive(signal: AbortSignal): Promise<Manifest | string> {
  return withRedis(async (call) => {
    if ((await readSetting(call, 'appendonly')) !== 'yes') return 'Redis keeps no AOF (appendonly no)';
    const root = (await readSetting(call, 'dir')) ?? '';
    const name = (await readSetting(call, 'appendfilename')) ?? 'appendonly.aof';
    const folder = await readSetting(call, 'appenddirname');
    if (folder !== undefined) return readManifest(path.join(root, folder), `${name}.manifest`).catch(() => NOT_HERE);
    // Before Redis 7 there was one file and no manifest.
    const isHere = await access(path.join(root, name)).then(
      () => true,
      () => false,
    );
    return isHere ? { directory: root, files: [name] } : NOT_HERE;
  }, signal);
}

/** Undefined when this version of Redis does not have the setting. */
async function readSetting(call: Call, name: string): Promise<string | undefined> {
  const reply = await call('CONFIG', 'GET', name);
  return Array.isArray(reply) && reply.length === 2 ? String(reply[1]) : undefined;
}

async function readFolder(directory: string): Promise<Manifest> {
  try {
    return await readManifest(directory, 'appendonly.aof.manifest');
  } catch (cause) {
    throw new NonRetryableError(`${directory} has no manifest that can be read`, {
      cause,
      hint: 'the folder appendonlydir',
    });
  }
}

/** The base first, then the increments in the order of their numbers, as Redis loads them. */
async function readManifest(directory: string, name: string): Promise<Manifest> {
  const entries = parseManifest(await readFile(path.join(directory, name), 'utf8')).filter(({ type }) => type !== 'h');
  const ordered = entries.toSorted((a, b) => a.type.localeCompare(b.type) || a.sequence - b.sequence);
  return { directory, files: ordered.map(({ file }) => file) };
}
