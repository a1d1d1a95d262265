import { beforeAll, describe, expect, test } from 'vitest';
import { jobFile, makePlace, startBelfry, type Place, type Variables } from '../support/belfry_process.ts';
import { commandsIn, documentPaths } from '../support/commands/documents.ts';
import { ask, askJson } from '../support/desk.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis } from '../support/redis.ts';

const LIMIT_MS = 60_000;
const JOBS = {
  'reports/daily.ts': jobFile(`schedule: { cron: '0 6 * * *' }, run: ({ log }) => { log.info('done'); }`),
  'poll.ts': jobFile(`limits: [{ key: 'partner:{partner}', rate: '10/1s' }], run: () => 1`),
  'mail.ts': jobFile(`run: ({ log }) => { log.warn('bounced'); throw new NonRetryableError('no such address'); }`),
};

/** What is checked by its form only, and why. */
const NOT_RUN: readonly [RegExp, string][] = [
  [/^start /, 'goes on until it is stopped'],
  [/^workers drain /, 'ends the only worker, and nobody starts the next one'],
  [/^workers restart (?!.*--dry-run)/, 'waits for the supervisor that starts the next worker'],
];
/** What a command may answer beside 0: it looks, and tells by its exit code what it found. */
const ANSWERS: readonly [RegExp, number[]][] = [
  [/^doctor\b/, [1]],
  [/^rollout gate\b/, [1]],
];

let fleet: { place: Place; variables: Variables };
beforeAll(async () => {
  const redis = await startRedis({ persistence: 'aof' });
  const place = makePlace(JOBS);
  const variables = { REDIS_URL: redis.url };
  const scheduler = startBelfry(place, ['start', '--role', 'scheduler'], variables);
  const worker = startBelfry(place, ['start', '--role', 'worker'], variables);
  await Promise.all([scheduler.untilSays('leads shard 0'), worker.untilSays('is up"')]);
  fleet = { place, variables: { ...variables, BELFRY_PORT: new URL(await scheduler.url()).port } };
});

/** What the words in capitals stand for. Each page has runs of its own, for it may cancel or delete them. */
async function fillIn(): Promise<(words: readonly string[]) => string[]> {
  const trigger = async (...words: string[]): Promise<string> =>
    (await askJson<{ run: { id: string } }>(['jobs', 'run', ...words], fleet)).run.id;
  const [dead, waiting] = [await trigger('mail'), await trigger('reports/daily', '--delay', '1h')];
  await eventually(async () => expect((await ask(['dead', 'show', dead], fleet)).code).toBe(0));
  const { job } = await askJson<{ job: { upcoming: string[] } }>(['jobs', 'show', 'reports/daily'], fleet);
  const values: Record<string, string> = {
    JOB: 'reports/daily',
    KEY: 'partner:acme',
    POOL: 'default',
    QUEUE: 'default',
    TIME: job.upcoming[0] ?? '',
  };
  return (words) => {
    const live = words[0] === 'explain' || words[1] === 'cancel';
    return words.map((word) =>
      word.replaceAll(/\b(?:JOB|KEY|POOL|QUEUE|TIME|RUN)\b/g, (name) => values[name] ?? (live ? waiting : dead)),
    );
  };
}

const pages = documentPaths().filter((path) => path === 'README.md' || path.startsWith('docs/runbooks/'));
const runnable = pages.map((path) => ({
  path,
  commands: commandsIn(path)
    .filter(({ kind }) => kind === 'typed')
    .map(({ words, place }) => ({ words: words[0] === 'npx' ? words.slice(1) : words, place }))
    .filter(({ words }) => words[0] === 'belfry')
    .map(({ words, place }) => ({ words: words.slice(1), place }))
    .filter(({ words }) => !NOT_RUN.some(([form]) => form.test(words.join(' ')))),
}));

describe('the commands of', () => {
  test.each(runnable.filter(({ commands }) => commands.length > 0))(
    '$path do what they say on a living system',
    { timeout: LIMIT_MS },
    async ({ commands }) => {
      const fill = await fillIn();
      const failures: string[] = [];
      for (const { words, place } of commands) {
        const line = words.join(' ');
        const { code, err } = await ask(fill(words), fleet);
        const allowed = [0, ...(ANSWERS.find(([form]) => form.test(line))?.[1] ?? [])];
        if (!allowed.includes(code)) failures.push(`${place}: belfry ${line} ended with ${String(code)}: ${err}`);
      }
      expect(failures).toEqual([]);
    },
  );

  test('each runbook that sends somebody to the command line are among them', () => {
    const silent = runnable.filter(({ commands }) => commands.length === 0).map(({ path }) => path);
    expect(silent).toEqual(['docs/runbooks/watchdog.md']);
  });
});
