import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { TestRedis } from './redis.ts';

type Dumped = { key: string } & (
  | { type: 'hash'; value: Record<string, string> }
  | { type: 'zset' | 'list' | 'set'; value: string[] }
  | { type: 'string'; value: string }
);

/** What test/store/formats/make.mjs has written; `at` is the time of Redis then. */
type Dump = { format: number; at: number; keys: Dumped[] };

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/**
 * Puts the dump of a format into a namespace as it would be found an hour after it was made, at the most: every instant of it,
 * in ids, scores and packed values alike, is moved by whole hours. Fencing tokens, which grow with time, are moved as well.
 */
export async function restoreState(redis: TestRedis, format: number, namespace: string): Promise<void> {
  const text = readFileSync(new URL(`../store/formats/${String(format)}.json`, import.meta.url), 'utf8');
  const { at } = JSON.parse(text) as Dump;
  const shiftMs = Math.floor((Date.now() - at) / HOUR_MS) * HOUR_MS;
  const { keys } = JSON.parse(shiftInstants(text, at, shiftMs)) as Dump;
  const connection = new Redis({ path: redis.path });
  const write = connection.multi();
  for (const dumped of keys) {
    const key = `{${namespace}:0}:${dumped.key}`;
    if (dumped.type === 'hash') write.hset(key, dumped.value);
    else if (dumped.type === 'list') write.rpush(key, ...dumped.value);
    else if (dumped.type === 'set') write.sadd(key, ...dumped.value);
    else if (dumped.type === 'string') write.set(key, dumped.value);
    else
      for (let i = 0; i < dumped.value.length; i += 2)
        write.zadd(key, dumped.value[i + 1] ?? '', dumped.value[i] ?? '');
  }
  await write.exec();
  connection.disconnect();
}

function shiftInstants(text: string, at: number, shiftMs: number): string {
  const isNear = (instant: number): boolean => Math.abs(instant - at) < YEAR_MS;
  return text
    .replaceAll(/(?<!\d)\d{16}(?!\d)/g, (token) =>
      isNear(Math.floor(Number(token) / 1_000)) ? String(BigInt(token) + BigInt(shiftMs) * 1_000n) : token,
    )
    .replaceAll(/(?<!\d)\d{13}(?!\d)/g, (instant) =>
      isNear(Number(instant)) ? String(Number(instant) + shiftMs) : instant,
    );
}
