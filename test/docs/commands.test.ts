import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { belfryFault } from '../support/commands/belfry_fault.ts';
import { commandsIn, documentPaths, type ToldCommand } from '../support/commands/documents.ts';
import { dockerFault, hostFault, redisCommand } from '../support/commands/host_fault.ts';
import { helmFault, kubectlFault } from '../support/commands/kubernetes_fault.ts';
import { startRedis } from '../support/redis.ts';

const LIMIT_MS = 60_000;

let redis: Redis;
beforeAll(async () => {
  redis = new Redis((await startRedis()).path);
});
afterAll(() => redis.disconnect());

/** What is wrong with a command, by the program that it is for. */
async function faultOf(told: ToldCommand): Promise<string | undefined> {
  const [program = '', ...words] = told.words;
  switch (program) {
    case 'belfry':
      return belfryFault(words, told);
    case 'npx':
      return words[0] === 'belfry' ? belfryFault(words.slice(1), told) : hostFault(told.words);
    case 'helm':
      return helmFault(words);
    case 'kubectl':
    case 'docker': {
      const { fault, rest } = program === 'kubectl' ? await kubectlFault(words) : dockerFault(words);
      return fault ?? (rest === undefined ? undefined : faultOf({ ...told, words: rest }));
    }
    case 'redis-cli':
      return redisFault(words);
    default:
      return hostFault(told.words);
  }
}

/** Asks Redis itself what it knows, and whether so many words may stand there. */
async function redisFault(words: readonly string[]): Promise<string | undefined> {
  const read = redisCommand(words);
  if ('fault' in read) return read.fault;
  const [name, sub = '', ...more] = read.command;
  if (name === undefined) return undefined;
  const [found, below] = (await redis.command('INFO', name, `${name}|${sub}`)) as ([string, number] | null)[];
  const info = below ?? found;
  if (info === null || info === undefined) return `Redis has no command ${name}`;
  const count = 2 + (sub === '' ? -1 : more.length);
  const [, arity] = info;
  const fits = arity < 0 ? count >= -arity : count === arity;
  return fits ? undefined : `${info[0]} takes ${String(Math.abs(arity))} words, not ${String(count)}`;
}

/** A block for another place than where `belfry` is says so right before. */
const PLACES: Readonly<Record<string, RegExp>> = {
  kubectl: /Kubernetes/,
  helm: /Kubernetes|chart/i,
  'redis-cli': /Redis/,
  systemctl: /hosts?\b|doctest: skip/,
  journalctl: /hosts?\b/,
};

describe.each(documentPaths())('%s', (path) => {
  const told = commandsIn(path);

  test('tells only commands that there are', { timeout: LIMIT_MS }, async () => {
    const faults: string[] = [];
    for (const command of told) {
      const fault = await faultOf(command);
      if (fault !== undefined) faults.push(`${command.place}: ${command.words.join(' ')}: ${fault}`);
    }
    expect(faults).toEqual([]);
  });
});

describe.each(documentPaths().filter((path) => path.startsWith('docs/runbooks/')))('%s', (path) => {
  test('says where a block is to be typed that is not for belfry', () => {
    const lost = commandsIn(path).filter(({ kind, words, before }) => {
      const place = PLACES[words[0] ?? ''];
      return kind === 'typed' && place !== undefined && !place.test(before);
    });
    expect(lost.map(({ place, words }) => `${place}: ${words.join(' ')}`)).toEqual([]);
  });
});

test('commands are found in the documents that are made of them', () => {
  const counts = Object.fromEntries(documentPaths().map((path) => [path, commandsIn(path).length]));
  expect(counts['README.md']).toBeGreaterThan(20);
  expect(counts['docs/runbooks/job-late.md']).toBeGreaterThan(3);
  expect(counts['docs/guides/limits.md']).toBeGreaterThan(5);
});
