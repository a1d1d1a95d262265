import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makePlace, runBelfry } from '../support/belfry_process.ts';
import { ask } from '../support/desk.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

describe('a command line', () => {
  test.each([
    { words: ['jbos', 'list'], says: "unknown command 'jbos'", hint: 'did you mean jobs?' },
    { words: ['jobs', 'lsit'], says: "unknown command 'lsit'", hint: 'did you mean list?' },
    { words: ['jobs', 'list', '--jsno'], says: "unknown option '--jsno'", hint: 'did you mean --json?' },
    { words: ['jobs', 'show'], says: "missing required argument 'job'", hint: 'see `belfry --help`' },
    { words: ['jobs', 'list', 'more'], says: 'too many arguments', hint: 'see `belfry --help`' },
    { words: ['start', '--role', 'shceduler'], says: '--role is "shceduler"', hint: 'did you mean scheduler?' },
    { words: ['runs', 'list', '--state', 'suceeded'], says: '--state is "suceeded"', hint: 'did you mean succeeded?' },
    { words: ['runs', 'list', '--limit', '-1'], says: '--limit', hint: 'a whole number from 1 to 10000' },
    { words: ['runs', 'list', '--since', 'long'], says: '--since is "long"', hint: 'whole milliseconds' },
    { words: ['xyzzy'], says: "unknown command 'xyzzy'", hint: 'see `belfry --help`' },
  ])('$words is refused with exit 2 and says what was meant', async ({ words, says, hint }) => {
    const { code, out, err } = await ask(words);
    expect(err).toContain(`error: ${says}`);
    expect(err).toContain(`hint: ${hint}`);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('whose reader of standard error has gone keeps its exit code', async () => {
    const child = spawn(process.execPath, [MAIN, 'runs', 'list', '--limit', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.destroy();
    expect(await once(child, 'close')).toEqual([2, null]);
  });

  test('without a command shows the help on standard error and exits 2', async () => {
    for (const words of [[], ['jobs'], ['runs']]) {
      const { code, out, err } = await ask(words);
      expect(err).toContain('Usage: belfry');
      expect(out).toBe('');
      expect(code).toBe(2);
    }
  });

  test('--help shows examples and the exit codes, and exits 0', async () => {
    const { code, out } = await ask(['--help']);
    expect(out).toContain('belfry next "0 9 * * MON-FRI"');
    expect(out).toContain('Exit codes: 0 done, 1 failed, 2 asked in a wrong way, 3 not found.');
    expect(code).toBe(0);
    expect((await ask(['jobs', 'run', '--help'])).out).toContain('--payload <json>');
  });

  test('--version is the version of the package', async () => {
    const { code, stdout } = await runBelfry(makePlace(), ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });

  test('an unknown variable is refused by name before anything is done', async () => {
    const { code, stdout, stderr } = await runBelfry(makePlace(), ['dev'], { BELFRY_SHRADS: '2' });
    expect(stderr).toBe('error: the variable BELFRY_SHRADS is not known\nhint: did you mean BELFRY_SHARDS?\n');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  test('an unknown key of the configuration file is refused with the file and the key', async () => {
    const place = makePlace();
    place.write('belfry.config.json', '{ "leaderTTL": "5s" }');
    const { code, stderr } = await runBelfry(place, ['jobs', 'list']);
    expect(stderr).toContain('belfry.config.json has the unknown key "leaderTTL"');
    expect(stderr).toContain('hint: did you mean "leaderTtl"?');
    expect(code).toBe(1);
  });

  test('--config names another file, and one that is missing is an error', async () => {
    const place = makePlace();
    place.write('other.json', '{ "redisUrl": "redis://127.0.0.1:1" }');
    const answer = await ask(['--config', 'other.json', 'jobs', 'list'], { place });
    expect(answer.err).toContain('127.0.0.1:1');
    expect(answer.code).toBe(1);
    expect((await ask(['--config', 'none.json', 'jobs', 'list'], { place })).err).toContain('none.json');
  });

  test('a command that finds no Belfry in its folder says how to start one', async () => {
    const { code, err } = await ask(['jobs', 'list'], { place: makePlace() });
    expect(err).toContain('error: no Belfry runs here');
    expect(err).toContain('hint: start it with npm start');
    expect(code).toBe(1);
  });

  test('a command that cannot reach the Redis that was named says which and why', async () => {
    const options = { place: makePlace(), variables: { REDIS_URL: 'redis://127.0.0.1:1' } };
    const { code, err } = await ask(['runs', 'list'], options);
    expect(err).toContain('error: Redis cannot be reached: connect ECONNREFUSED 127.0.0.1:1');
    expect(code).toBe(1);
    const json = await ask(['runs', 'list', '--json'], options);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'REDIS_UNAVAILABLE', field: 'REDIS_URL' } });
    expect(json.err).toBe('');
    expect(json.code).toBe(1);
  });
});
