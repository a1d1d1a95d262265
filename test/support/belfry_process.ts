import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { eventually } from './eventually.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Variables = Readonly<Record<string, string>>;

/** A folder with job files, as a user of Belfry has one. */
export type Place = {
  readonly folder: string;
  write(file: string, text: string): void;
  remove(file: string): void;
};

export type Ended = { code: number | null; stdout: string; stderr: string };

/** A `belfry` that goes on until it is told to stop. */
export type LivingBelfry = {
  readonly pid: number;
  /** Standard output and error, as they came. */
  output(): string;
  /** Waits until the output holds the text or matches, and answers the match. */
  untilSays(what: string | RegExp, timeoutMs?: number): Promise<string>;
  /** The URL that it has printed. */
  url(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** The exit code; null for a process that a signal has ended. */
  ended: Promise<number | null>;
};

const living = new Set<ChildProcess>();
const places = new Set<string>();
afterAll(async () => {
  await Promise.all([...living].map((child) => endGently(child)));
  await Promise.all([...places].map((folder) => endLeftRedis(folder)));
  for (const folder of places) rmSync(folder, { recursive: true, force: true });
});

/** A Belfry that was killed has left its Redis running, for the next one to take over: here there is none. */
async function endLeftRedis(folder: string): Promise<void> {
  const path = join(folder, '.belfry/redis/redis.sock');
  if (!existsSync(path)) return;
  const left = new Redis({ path, lazyConnect: true, retryStrategy: () => null });
  left.on('error', () => undefined);
  await left
    .connect()
    .then(() => left.call('SHUTDOWN', 'NOSAVE'))
    .catch(() => undefined);
  left.disconnect();
}

/** A fresh folder, removed after the test file, with job files below `jobs/`. */
export function makePlace(jobs: Readonly<Record<string, string>> = {}): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bf-')));
  places.add(folder);
  mkdirSync(join(folder, 'jobs'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  for (const [name, text] of Object.entries(jobs)) write(`jobs/${name}`, text);
  return { folder, write, remove: (file) => rmSync(join(folder, file)) };
}

/** The text of a job file with these fields, written as in a file, such as `schedule: { every: '1s' }`. */
export const jobFile = (fields: string): string =>
  `import { defineJob, NonRetryableError } from 'belfry';\nexport default defineJob({ ${fields} });\n`;

/** Starts a `belfry` on any free port that says what it does in JSON, unless the variables say something else. */
export function startBelfry(place: Place, words: readonly string[], variables: Variables = {}): LivingBelfry {
  const child = launch(place, [MAIN, ...words], { BELFRY_PORT: '0', ...variables });
  let output = '';
  const read = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  living.add(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => living.delete(child));
  const untilSays = (what: string | RegExp, timeoutMs = 15_000): Promise<string> =>
    eventually(
      () => {
        const found = typeof what === 'string' ? output.includes(what) && what : what.exec(output)?.[0];
        if (found === undefined || found === false) throw new Error(`it has not said ${String(what)}:\n${output}`);
        return found;
      },
      { timeoutMs },
    );
  return {
    pid: child.pid ?? 0,
    output: () => output,
    untilSays,
    url: () => untilSays(/http:\/\/[\d.]+:\d+/),
    signal: (name) => void child.kill(name),
    ended,
  };
}

/** Runs one command to its end. */
export function runBelfry(place: Place, words: readonly string[], variables: Variables = {}): Promise<Ended> {
  return runNode(place, [MAIN, ...words], variables);
}

/** The same for any program: a file of the place, and what it is called with. */
export async function runNode(place: Place, words: readonly string[], variables: Variables = {}): Promise<Ended> {
  const child = launch(place, words, variables);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

function launch({ folder }: Place, words: readonly string[], variables: Variables): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:BELFRY|REDIS)_|^(?:PORT|NO_COLOR)$/.test(name),
  );
  return spawn(process.execPath, words, {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** SIGTERM first: an embedded Redis is ended by its supervisor only. */
async function endGently(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await closed;
  clearTimeout(killing);
}
