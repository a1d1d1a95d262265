import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { eventually } from './eventually.ts';

/** What a process wrote to its log, read as the event that it tells of. */
export type Said = { event: EventWord; at: number; text: string; worker: string | undefined };

export type Ended = { code: number | null; signal: NodeJS.Signals | null; at: number };

export type Role = 'scheduler' | 'worker' | 'api';

/** A real `belfry start` of one role. */
export type BelfryProcess = {
  readonly pid: number;
  readonly role: Role;
  /** Everything it said up to now, oldest first. */
  readonly said: readonly Said[];
  /** Set once it is gone. */
  ended(): Ended | undefined;
  send(signal: NodeJS.Signals): void;
  whenEnded(): Promise<Ended>;
  /** The end of its log, for the message of a failure. */
  noise(): string;
};

export type ProcessOptions = {
  role: Role;
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** More of its command line, such as `--pool heavy`. */
  words?: readonly string[];
};

/** The words of the log by which an event is known. */
const WORDS = {
  ready: /^belfry \S+ is up$/,
  'leader elected': /^leads shard \d+$/,
  'leader lost': / no more: /,
  'leader refused': /has a newer leader: Redis refused/,
  'attempt refused': /belongs to somebody else by now/,
  'worker started': /^a worker of pool/,
  'worker told': /^told by .* to drain and exit/,
  'worker draining': /^waiting up to .* to end$/,
  'attempt given up': /is being stopped: lease-lost$/,
  'handed back': /was handed back/,
  'redis lost': /^waiting for Redis/,
  'redis back': /^Redis is back/,
  'fail point': /^fail point /, // see fail_points.mjs
} as const;
export type EventWord = keyof typeof WORDS;

// What build_once.ts has built, and not bin/belfry.js: that would build again whenever somebody edits src/ meanwhile.
const BELFRY = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_MS = 60_000;
const KEPT_LINES = 40;

const living = new Set<BelfryProcess>();
const killAll = (): void => {
  for (const child of living) child.send('SIGKILL');
};
afterAll(async () => {
  const all = [...living];
  killAll();
  await Promise.all(all.map((child) => child.whenEnded()));
});
// A test worker that leaves early must not leave processes behind.
process.once('exit', killAll);

/** Starts a process of a role and waits until it says that it is up. */
export async function startProcess(options: ProcessOptions): Promise<BelfryProcess> {
  const { role } = options;
  const started = launchProcess(options);
  await eventually(
    () => {
      if (started.ended()) throw new Error(`a ${role} ended before it was up:\n${started.noise()}`);
      if (!hasSaid(started, 'ready')) throw new Error(`a ${role} is not up:\n${started.noise()}`);
    },
    { timeoutMs: START_MS },
  );
  return started;
}

/** Starts a process of a role that may end before it is up. */
export function launchProcess({ role, cwd, env, words = [] }: ProcessOptions): BelfryProcess {
  // Nothing of the environment of the tests but what a process needs: a variable of the machine must not set Belfry.
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [BELFRY, 'start', '--role', role, ...words], {
    cwd,
    env: { PATH, HOME, BELFRY_PORT: '0', BELFRY_LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child, role);
}

export function hasSaid(child: BelfryProcess, event: EventWord, since = 0): boolean {
  return child.said.some((said) => said.event === event && said.at >= since);
}

function watch(child: ChildProcess, role: Role): BelfryProcess {
  const said: Said[] = [];
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > KEPT_LINES) tail.shift();
      said.push(...readSaid(line));
    });
  }
  let ended: Ended | undefined;
  const whenEnded = new Promise<Ended>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal, at: Date.now() };
      living.delete(self);
      resolve(ended);
    });
  });
  const self: BelfryProcess = {
    pid: child.pid ?? 0,
    role,
    said,
    ended: () => ended,
    send: (signal) => void child.kill(signal),
    whenEnded: () => whenEnded,
    noise: () => tail.join('\n'),
  };
  living.add(self);
  return self;
}

function readSaid(line: string): Said[] {
  if (!line.startsWith('{')) return [];
  const { time, msg, worker } = JSON.parse(line) as { time: string; msg: string; worker?: string };
  const event = (Object.keys(WORDS) as EventWord[]).find((word) => WORDS[word].test(msg));
  return event === undefined ? [] : [{ event, at: Date.parse(time), text: msg, worker }];
}
