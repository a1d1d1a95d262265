import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free_port.ts';
import { buildImage, type Built } from '../support/image/build_image.ts';
import { environmentOf, lastOf, parseDockerfile, readWords, type Stage } from '../support/image/dockerfile.ts';
import { startRedis } from '../support/redis.ts';

/**
 * The tree that the Dockerfile makes, and on it the one of the guide's own Dockerfile, run as the image's user where the
 * tests run as root. What is not proved here is Docker itself.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIMIT_MS = 240_000;
const dockerfile = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const image = dockerfile.stages.at(-1) as Stage;
const isRoot = process.getuid?.() === 0;

const JOBS = {
  'inline.ts': `run: ({ payload }) => ({ got: payload })`,
  'threaded.ts': `isolation: 'thread', run: ({ log }) => { log.info('in a thread'); return 'thread'; }`,
  'apart.ts': `isolation: 'process', run: () => 'process'`,
  'shell.ts': `run: async () => {
    const { execFileSync } = await import('node:child_process');
    execFileSync('sh', ['-c', 'echo "user is $(id -u)" > "$TMPDIR/shell.txt"']);
  }`,
};

let folder = '';
let built: Built = { root: '', workdir: '/' };
let environment: Record<string, string> = {};

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'belfry-image-')));
  chmodSync(folder, 0o755);
  const own = buildImage({ dockerfile, context: ROOT, folder: join(folder, 'own') });
  const [, ofGuide = ''] =
    /^```dockerfile\n([^]*?)^```$/m.exec(readFileSync(join(ROOT, 'docs/guides/image.md'), 'utf8')) ?? [];
  const derived = parseDockerfile(ofGuide);
  built = buildImage({
    dockerfile: derived,
    context: writeContext(join(folder, 'context')),
    folder: join(folder, 'derived'),
    images: { [derived.stages[0]?.from ?? '']: own },
  });
  environment = {
    ...inTree(environmentOf(image)),
    PATH: `${built.root}/usr/local/bin:/usr/bin:/bin`,
    REDIS_URL: await startServer(),
    BELFRY_HOST: '127.0.0.1',
    BELFRY_PORT: String(await freePort()),
  };
  makeReadOnly(built.root);
}, LIMIT_MS);

const living = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of living) {
    const closed = new Promise((resolve) => child.once('close', resolve));
    if (child.kill('SIGKILL')) await closed;
  }
  rmSync(folder, { recursive: true, force: true });
});

function writeContext(context: string): string {
  mkdirSync(join(context, 'jobs'), { recursive: true });
  for (const [name, fields] of Object.entries(JOBS)) {
    writeFileSync(
      join(context, 'jobs', name),
      `import { defineJob } from 'belfry';\nexport default defineJob({ ${fields} });\n`,
    );
  }
  return context;
}

/** On a port: the socket of a test's server is in a folder of its owner. */
async function startServer(): Promise<string> {
  const port = String(await freePort());
  await startRedis({ args: ['--port', port, '--bind', '127.0.0.1'] });
  return `redis://127.0.0.1:${port}`;
}

/** Absolute paths, as they are below the folder that stands for `/`. */
const inTree = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace(/^\//, `${built.root}/`)]));

/** Takes the right to write away everywhere but in the volumes. */
function makeReadOnly(root: string): void {
  const volumes = readWords(lastOf(image, 'VOLUME')).map((path) => join(root, path));
  execFileSync('chmod', ['-R', 'a-w,a+rX', root]);
  for (const volume of volumes) chmodSync(volume, isRoot && volume.endsWith('/tmp') ? 0o1777 : 0o755);
}

function launch(words: readonly string[], variables: Record<string, string> = {}) {
  const [uid, gid] = lastOf(image, 'USER').split(':').map(Number);
  const [, , command = ''] = readWords(lastOf(image, 'ENTRYPOINT'));
  const child = spawn(command, words, {
    cwd: join(built.root, built.workdir),
    env: { ...environment, ...variables },
    ...(isRoot && uid !== undefined && gid !== undefined ? { uid, gid } : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  child.once('close', () => living.delete(child));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => output, ended };
}

async function run(words: readonly string[], variables: Record<string, string> = {}) {
  const { output, ended } = launch(words, variables);
  return { code: await ended, output: output() };
}

describe('the tree of the image', () => {
  test('holds production files only', () => {
    const home = join(built.root, 'opt/belfry');
    expect(readdirSync(home).toSorted()).toEqual(['LICENSE', 'bin', 'dist', 'node_modules', 'package.json']);
    const files = readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => /\.(?:ts|map|stamp)$/.test(file))).toEqual([]);
    for (const unwanted of ['typescript', 'vitest', '.bin/tsc']) {
      expect(existsSync(join(home, 'node_modules', unwanted)), unwanted).toBe(false);
    }
  });

  test('has nothing that its user may write to but the volumes', () => {
    const writable = readdirSync(built.root, { recursive: true, encoding: 'utf8' }).filter((path) => {
      const { mode, uid } = lstatSync(join(built.root, path));
      const isLink = (mode & 0o170_000) === 0o120_000;
      return !isLink && ((mode & 0o022) !== 0 || (isRoot && uid !== 0));
    });
    const volumes = readWords(lastOf(image, 'VOLUME')).map((path) => relative('/', path));
    expect(writable.filter((path) => !volumes.includes(path))).toEqual([]);
  });

  test('says clearly that Redis is missing', async () => {
    const { code, output } = await run(readWords(lastOf(image, 'CMD')), {
      REDIS_URL: '',
      PATH: `${built.root}/usr/local/bin`,
    });
    expect(output).toContain('error: no redis-server or valkey-server was found on the PATH\nhint: ');
    expect(output).toContain('REDIS_URL');
    expect(code).toBe(1);
  });

  test(
    'runs the jobs that a user has added, as a user without rights, and stops in good order',
    { timeout: LIMIT_MS },
    async () => {
      const belfry = launch(readWords(lastOf(image, 'CMD')));
      const health = readWords(lastOf(image, 'HEALTHCHECK')).slice(1);
      await eventually(
        async () => {
          const { code, output } = await run(health);
          if (code !== 0) throw new Error(`${output}\n${belfry.output()}`);
        },
        { timeoutMs: 30_000, everyMs: 200 },
      );
      const results: Record<string, unknown> = {};
      for (const file of Object.keys(JOBS)) {
        const job = file.replace('.ts', '');
        const { code, output } = await run(['jobs', 'run', job, '--payload', '{"day":1}', '--wait', '--json']);
        results[job] = { code, state: /"state":\s*"(\w+)"/.exec(output)?.[1] ?? output };
      }
      const done = { code: 0, state: 'succeeded' };
      expect(results, belfry.output()).toEqual({ inline: done, threaded: done, apart: done, shell: done });
      const uid = isRoot ? lastOf(image, 'USER').split(':')[0] : String(process.getuid?.());
      expect(readFileSync(join(built.root, 'tmp/shell.txt'), 'utf8')).toBe(`user is ${String(uid)}\n`);
      expect(readdirSync(join(built.root, 'var/lib/belfry/cache')).length).toBeGreaterThan(0);
      belfry.child.kill('SIGTERM');
      expect(await belfry.ended, belfry.output()).toBe(0);
    },
  );
});
