import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScheduler, createWorker } from '../../src/library.ts';
import { loadJobs } from '../../src/loader/load.ts';
import { makePlace } from '../support/belfry_process.ts';
import { ask } from '../support/desk.ts';
import { commandsOf, readGuides, skipReason, type Block, type Guide } from '../support/guides/blocks.ts';
import { writeGuides } from '../support/guides/written.ts';
import { importPackage } from '../support/jobs_folder.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const LIMIT_MS = 180_000;

const guides = readGuides();
const written = writeGuides(guides);
let findings = new Map<string, string[]>();
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  findings = await written.check();
}, LIMIT_MS);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  written.remove();
}, LIMIT_MS);

/** A Redis with a scheduler and a worker for the jobs of a guide, started for the first block that needs them. */
function createFleet(guide: Guide): () => Promise<TestRedis> {
  let started: Promise<TestRedis> | undefined;
  const start = async (): Promise<TestRedis> => {
    const redis = await startRedis();
    const options = { redis: redis.url, jobs: `${written.folderOf(guide)}/jobs` };
    const scheduler = await createScheduler(options);
    ends.push(() => scheduler.stop());
    const worker = await createWorker(options);
    ends.push(() => worker.stop());
    return redis;
  };
  return () => (started ??= start());
}

/** The command lines of a block that fail, with what they say. */
async function failuresOf(block: Block, redis: TestRedis): Promise<string[]> {
  const place = makePlace();
  const failures: string[] = [];
  for (const words of commandsOf(block)) {
    const { code, err } = await ask(words, { place, variables: { REDIS_URL: redis.url } });
    if (code !== 0) failures.push(`belfry ${words.join(' ')} ended with ${String(code)}: ${err}`);
  }
  return failures;
}

describe.each(guides)('$name', (guide) => {
  const fleet = createFleet(guide);
  const programs = guide.blocks.filter(({ kind }) => kind === 'app' || kind === 'test');
  const shells = guide.blocks.filter((block) => block.kind === 'sh' && commandsOf(block).length > 0);
  const typed = guide.blocks.filter(({ kind }) => kind !== 'sh');

  test('says of each block of TypeScript what it is: // jobs/<name>.ts, // app.ts or // test.ts', () => {
    expect(typed.filter(({ kind }) => kind === 'unmarked').map(({ place }) => place)).toEqual([]);
  });

  test('has job files that the loader takes', async () => {
    const { broken } = await loadJobs({ directory: `${written.folderOf(guide)}/jobs`, importPackage });
    expect(broken.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([]);
  });

  for (const { place } of typed) {
    test(`${place} has the right types`, () => {
      expect(findings.get(place) ?? []).toEqual([]);
    });
  }

  for (const block of programs) {
    test(`${block.place} runs`, { timeout: LIMIT_MS }, async () => {
      const { code, stdout, stderr } = await written.run(guide, block, (await fleet()).url);
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    });
  }

  for (const block of shells.filter((shell) => skipReason(shell) === undefined)) {
    test(`${block.place} runs`, { timeout: LIMIT_MS }, async () => {
      expect(await failuresOf(block, await fleet())).toEqual([]);
    });
  }

  for (const block of shells.filter((shell) => skipReason(shell) !== undefined)) {
    test(`${block.place} is not run: ${skipReason(block) ?? ''}`, () => expect(skipReason(block)).toMatch(/\w/));
  }
});
