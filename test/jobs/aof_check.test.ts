import { appendFileSync, cpSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { createCommandScanner } from '../../jobs/_lib/aof_commands.ts';
import { checkFile, parseManifest } from '../../jobs/_lib/aof_files.ts';
import { crc64 } from '../../jobs/_lib/crc64.ts';
import type { Json } from '../../src/core/job.ts';
import { eventually } from '../support/eventually.ts';
import { makeFolder, runJob, setEnvironment, useDataFolder } from '../support/job_run.ts';
import { startRedis } from '../support/redis.ts';

const redis = await startRedis({ persistence: 'aof' });
const client = new Redis({ path: redis.path });
// A base with a checksum, and commands after it: what a Redis that has rewritten once looks like.
for (let n = 0; n < 500; n++) await client.set(`before-${n}`, 'x'.repeat(n));
await client.bgrewriteaof();
await eventually(async () => {
  const info = await client.info('persistence');
  if (!/aof_rewrite_in_progress:0[\s\S]*aof_base_size:[1-9]/.test(info)) throw new Error('the rewrite is not done');
});
await client.multi().set('after', 'a\r\nb').lpush('list', '1', '2', '').exec();
const root = (await client.config('GET', 'dir'))[1] ?? '';
const live = path.join(root, 'appendonlydir');
client.disconnect();

/** A copy of the live files, to be damaged. */
function copyLive(): { directory: string; base: string; last: string } {
  const directory = makeFolder();
  cpSync(live, directory, { recursive: true });
  const names = readdirSync(directory);
  const find = (kind: string) => path.join(directory, names.find((name) => name.includes(kind)) ?? kind);
  return { directory, base: find('.base.rdb'), last: find('.incr.aof') };
}

function overwrite(file: string, offset: number, byte: number): void {
  const bytes = readFileSync(file);
  bytes[offset] = byte;
  writeFileSync(file, bytes);
}

const check = async (directory: string) => {
  const { result, warnings } = await runJob('redis/aof_check', { directory });
  return { result: result as Record<string, Json>, warnings };
};

describe('redis/aof_check', () => {
  test('finds the files of the live Redis and finds them whole', async () => {
    useDataFolder();
    setEnvironment({ BELFRY_REDIS_SOCKET: redis.path });
    const { result, warnings } = await runJob('redis/aof_check');
    expect(result).toMatchObject({ checked: 2, directory: live });
    const states = Object.values((result as { files: Record<string, { state: string }> }).files).map(
      ({ state }) => state,
    );
    expect(states).toEqual(['whole', 'whole']);
    expect(warnings).toEqual([]);
  });

  test('says that it checked nothing when Redis keeps no AOF', async () => {
    const bare = await startRedis();
    setEnvironment({ BELFRY_REDIS_SOCKET: bare.path });
    const { result, warnings } = await runJob('redis/aof_check');
    expect(result).toMatchObject({ checked: 0, skipped: 'Redis keeps no AOF (appendonly no)' });
    expect(warnings).toHaveLength(1);
  });

  test('warns of a last file that was cut off, as Redis would forgive it', async () => {
    const { directory, last } = copyLive();
    truncateSync(last, readFileSync(last).length - 5);
    const { result, warnings } = await check(directory);
    expect(result['files']).toMatchObject({ [path.basename(last)]: { state: 'cut' } });
    expect(warnings).toMatchObject([{ message: expect.stringMatching(/drops \d+ bytes/) as string }]);
  });

  test('waits for a write that is under way', async () => {
    const { directory, last } = copyLive();
    const whole = readFileSync(last);
    truncateSync(last, whole.length - 5);
    const checking = check(directory);
    appendFileSync(last, whole.subarray(whole.length - 5));
    const { warnings } = await checking;
    expect(warnings).toEqual([]);
  });

  test('fails for good on a byte in the commands that cannot be', async () => {
    const { directory, last } = copyLive();
    const length = readFileSync(last, 'latin1').indexOf('$', 40);
    overwrite(last, length, 0x23);
    await expect(check(directory)).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
      message: expect.stringContaining(`damaged at byte ${length}`) as string,
    });
  });

  test('fails for good on a changed, a cut and a nameless base', async () => {
    const { base, directory } = copyLive();
    const whole = readFileSync(base);
    overwrite(base, 100, (whole[100] ?? 0) ^ 1);
    await expect(check(directory)).rejects.toThrow(/checksum/);
    writeFileSync(base, whole.subarray(0, whole.length - 20));
    await expect(check(directory)).rejects.toThrow(/end mark|checksum/);
    writeFileSync(base, 'REDIS00x');
    await expect(check(directory)).rejects.toThrow(/without a version/);
  });

  test('fails for good on a cut file that is not the last', async () => {
    const { directory, last } = copyLive();
    truncateSync(last, readFileSync(last).length - 5);
    const manifest = path.join(directory, 'appendonly.aof.manifest');
    appendFileSync(manifest, 'file appendonly.aof.9.incr.aof seq 9 type i\n');
    writeFileSync(path.join(directory, 'appendonly.aof.9.incr.aof'), '');
    await expect(check(directory)).rejects.toThrow(/not the last file/);
  });

  test('fails for good on a folder without a manifest', async () => {
    await expect(check(makeFolder())).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  });
});

describe('a file of Redis 6, a snapshot with commands behind it', () => {
  const file = (): string => {
    const folder = makeFolder();
    writeFileSync(path.join(folder, 'appendonly.aof'), 'REDIS0011, then much that only Redis can read');
    return path.join(folder, 'appendonly.aof');
  };
  /** A tool that answers as redis-check-aof 7.0 was seen to answer. */
  const useTool = (answer: string, exitCode: number): void => {
    const folder = makeFolder();
    const text = `#!/bin/sh\ncat <<'END'\n${answer}\nEND\nexit ${exitCode}\n`;
    writeFileSync(path.join(folder, 'redis-check-aof'), text, { mode: 0o755 });
    setEnvironment({ PATH: `${folder}:/usr/bin:/bin` });
  };
  const signal = AbortSignal.timeout(20_000);

  test.each([
    ['AOF x.aof is valid', 0, { state: 'whole' }],
    [
      "0x              70: Expected prefix '$', got: 'x'\nAOF analyzed: filename=x.aof, size=127, ok_up_to=99, diff=28",
      1,
      { state: 'damaged', offset: 99, reason: "Expected prefix '$', got: 'x'" },
    ],
    ['AOF analyzed: filename=x.aof, size=127, ok_up_to=99, diff=28', 1, { state: 'cut', wholeBytes: 99 }],
    [
      '--- RDB ERROR DETECTED ---\n[offset 20] Unexpected EOF reading RDB file',
      1,
      { state: 'damaged', offset: 20, reason: 'Unexpected EOF reading RDB file' },
    ],
  ])('is judged by the tool of Redis: %s', async (answer, exitCode, expected) => {
    useTool(answer, exitCode);
    expect(await checkFile(file(), signal)).toMatchObject(expected);
  });

  test('is not called whole when there is no tool', async () => {
    setEnvironment({ PATH: makeFolder() });
    await expect(checkFile(file(), signal)).rejects.toThrow(/redis-check-aof is needed/);
  });
});

const encode = (words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** Words with line ends, binary and markers of the format inside. */
const word = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '$', '*', '\0', 'é', '9'), maxLength: 12 });
const commands = fc.array(fc.array(word, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

function scan(bytes: Buffer, chunkSize: number) {
  const scanner = createCommandScanner();
  for (let at = 0; at < bytes.length; at += chunkSize) scanner.push(bytes.subarray(at, at + chunkSize));
  return scanner.scan;
}

describe('the scanner of commands', () => {
  test('takes every list of commands, in chunks of any size', () => {
    fc.assert(
      fc.property(commands, fc.integer({ min: 1, max: 40 }), (list, chunkSize) => {
        const bytes = Buffer.from(list.map(encode).join('#TS:1700000000\r\n'));
        const last = list.length;
        expect(scan(bytes, chunkSize)).toEqual({ commands: last, wholeBytes: bytes.length, fault: undefined });
      }),
    );
  });

  test('knows how much is whole wherever the end is cut off', () => {
    fc.assert(
      fc.property(commands, fc.nat(), fc.integer({ min: 1, max: 40 }), (list, cut, chunkSize) => {
        const bytes = Buffer.from(list.map(encode).join(''));
        const kept = bytes.subarray(0, cut % (bytes.length + 1));
        let whole = 0;
        let count = 0;
        for (const command of list.map(encode)) {
          if (whole + Buffer.byteLength(command) > kept.length) break;
          whole += Buffer.byteLength(command);
          count += 1;
        }
        expect(scan(kept, chunkSize)).toEqual({ commands: count, wholeBytes: whole, fault: undefined });
      }),
    );
  });

  test.each([
    ['*1\n', 0, /CR LF/],
    ['*x\r\n', 0, /not a length/],
    ['*0\r\n', 0, /command should begin/],
    ['GET a\r\n', 0, /not a length/],
    ['*1\r\n*1\r\n', 4, /word of a command/],
    ['*1\r\n$1\r\nab\r\n', 9, /length says/],
    ['*'.repeat(400), 0, /no end/],
  ])('names the place of the fault in %j', (text, offset, reason) => {
    for (const chunkSize of [1, 3, 1_000]) {
      const { fault } = scan(Buffer.from(text), chunkSize);
      expect(fault?.reason).toMatch(reason);
      expect(fault?.offset).toBe(offset);
    }
  });
});

test('crc64 gives the check value that Redis gives, in one piece or two', () => {
  const bytes = Buffer.from('123456789');
  const expected = { high: 0xe9c6d914, low: 0xc4b8d9ca };
  expect(crc64(bytes)).toEqual(expected);
  expect(crc64(bytes.subarray(4), crc64(bytes.subarray(0, 4)))).toEqual(expected);
});

test('a manifest may quote a name and hold comments, and a line that is none is refused', () => {
  const text = '# comment\nfile a.1.base.rdb seq 1 type b\nfile "a b.2.incr.aof" seq 2 type i startoffset 5\n\n';
  expect(parseManifest(text)).toEqual([
    { file: 'a.1.base.rdb', sequence: 1, type: 'b' },
    { file: 'a b.2.incr.aof', sequence: 2, type: 'i' },
  ]);
  expect(() => parseManifest('nonsense')).toThrow(/nonsense/);
});
