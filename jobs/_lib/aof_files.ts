import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createCommandScanner } from './aof_commands.ts';
import { crc64, type Crc64 } from './crc64.ts';

/** `b` is the base that a rewrite wrote, `i` what came since, `h` is kept no longer. */
export type ManifestEntry = { file: string; sequence: number; type: 'b' | 'i' | 'h' };

export type FileCheck =
  | { state: 'whole'; bytes: number; commands: number | null }
  /** The end is missing: a write that is under way, or one that a crash cut off. */
  | { state: 'cut'; bytes: number; wholeBytes: number; commands: number | null }
  | { state: 'damaged'; bytes: number; offset: number; reason: string };

/** Reads `appendonly.aof.manifest`: lines of `file <name> seq <number> type <b|i|h>`, `#` for comments (Redis 7). */
export function parseManifest(text: string): ManifestEntry[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const match = /^file ("(?:[^"\\]|\\.)+"|\S+) seq (\d+) type ([bih])\b/.exec(line);
    if (match === null) throw new Error(`a line of the manifest cannot be read: ${line}`);
    const name = match[1] ?? '';
    const file = name.startsWith('"') ? (JSON.parse(name) as string) : name;
    return { file, sequence: Number(match[2]), type: match[3] as ManifestEntry['type'] };
  });
}

/** Checks the first `bytes` of a file, as a snapshot when it begins like one, else as commands. */
export async function checkFile(file: string, signal: AbortSignal): Promise<FileCheck> {
  const { size } = await stat(file);
  const isSnapshot = (await readBytes(file, { start: 0, length: 5 })).toString('latin1') === 'REDIS';
  if (!isSnapshot) return checkCommands(file, { bytes: size, signal });
  return file.endsWith('.aof')
    ? checkWithTool(file, { bytes: size, signal })
    : checkSnapshot(file, { bytes: size, signal });
}

type Extent = { bytes: number; signal: AbortSignal };

async function checkCommands(file: string, { bytes, signal }: Extent): Promise<FileCheck> {
  const { push, scan } = createCommandScanner();
  if (bytes > 0) for await (const chunk of createReadStream(file, { end: bytes - 1, signal })) push(chunk as Buffer);
  const { commands, wholeBytes, fault } = scan;
  if (fault !== undefined) return { state: 'damaged', bytes, ...fault };
  return wholeBytes === bytes ? { state: 'whole', bytes, commands } : { state: 'cut', bytes, wholeBytes, commands };
}

/**
 * A snapshot is `REDIS`, four digits of version, the data, the byte 0xFF and from version 5 on a CRC-64 of all that came
 * before, lowest byte first; eight zero bytes mean that the server was told to save without one.
 */
async function checkSnapshot(file: string, { bytes, signal }: Extent): Promise<FileCheck> {
  const damaged = (offset: number, reason: string): FileCheck => ({ state: 'damaged', bytes, offset, reason });
  const version = Number((await readBytes(file, { start: 5, length: 4 })).toString('latin1'));
  if (!Number.isInteger(version) || version < 1) return damaged(5, 'a snapshot without a version');
  const trailer = version >= 5 ? 8 : 0;
  const end = bytes - trailer;
  if (end <= 9) return damaged(bytes, 'the snapshot ends after its first line');
  const [marker] = await readBytes(file, { start: end - 1, length: 1 });
  if (marker !== 0xff) return damaged(end - 1, 'the snapshot does not end with its end mark');
  if (trailer === 0) return { state: 'whole', bytes, commands: null };
  const stored = await readBytes(file, { start: end, length: trailer });
  let sum: Crc64 | undefined;
  for await (const chunk of createReadStream(file, { end: end - 1, signal })) sum = crc64(chunk as Buffer, sum);
  const isRight = stored.readUInt32LE(0) === sum?.low && stored.readUInt32LE(4) === sum.high;
  const isUnchecked = stored.every((byte) => byte === 0);
  return isRight || isUnchecked
    ? { state: 'whole', bytes, commands: null }
    : damaged(end, 'the checksum of the snapshot is wrong');
}

/**
 * A snapshot with commands behind it, as Redis 6 writes them into one file: where the snapshot ends, only a reader of all
 * its types can tell, so this one is left to the tool that comes with Redis.
 */
async function checkWithTool(file: string, { bytes, signal }: Extent): Promise<FileCheck> {
  try {
    await promisify(execFile)('redis-check-aof', [file], { signal });
    return { state: 'whole', bytes, commands: null };
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code === 'ENOENT')
      throw new Error('redis-check-aof is needed to check a file of Redis 6, and is not on the PATH', { cause: error });
    if (typeof code !== 'number') throw error;
    return readToolAnswer(stdout ?? '', bytes);
  }
}

/** `0x 70: Expected prefix …` is damage in the commands; without it, `ok_up_to` below the size is a cut end. */
function readToolAnswer(stdout: string, bytes: number): FileCheck {
  const wholeBytes = Number(/ok_up_to=(\d+)/.exec(stdout)?.[1] ?? 0);
  const inCommands = /^0x\s*[0-9a-f]+: (.+)$/m.exec(stdout)?.[1];
  const [, offset, inSnapshot] = /RDB ERROR DETECTED[^[]*\[offset (\d+)\] (.+)/.exec(stdout) ?? [];
  if (inCommands !== undefined) return { state: 'damaged', bytes, offset: wholeBytes, reason: inCommands };
  if (inSnapshot !== undefined) return { state: 'damaged', bytes, offset: Number(offset), reason: inSnapshot };
  if (wholeBytes > 0) return { state: 'cut', bytes, wholeBytes, commands: null };
  return { state: 'damaged', bytes, offset: 0, reason: 'redis-check-aof refuses it' };
}

async function readBytes(file: string, { start, length }: { start: number; length: number }): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
