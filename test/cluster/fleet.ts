import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { JobSpec } from '../../src/core/job.ts';
import { runBelfry, startBelfry } from '../support/belfry_process.ts';
import type { Ended as Answer, LivingBelfry, Place } from '../support/belfry_process.ts';
import { openJournal } from '../support/journal.ts';
import type { Journal } from '../support/journal.ts';
import type { Fault } from '../support/judge.ts';
import { launchProcess, startProcess } from '../support/processes.ts';
import type { BelfryProcess, Ended, EventWord, Role } from '../support/processes.ts';
import { openObserver } from './observer.ts';
import type { Observer } from './observer.ts';
import type { Work } from './fixtures/_journal.ts';

export type FleetJob = Work & { name: string } & Pick<JobSpec, 'schedule' | 'after' | 'limits' | 'queue'>;

export type FleetOptions = {
  redis: { url: string };
  jobs: readonly FleetJob[];
  leaderTtlMs?: number;
  runLeaseMs?: number;
  drainMs?: number;
  /** Slots of each worker process. */
  concurrency?: number;
  /** Pools of each worker process; default: one with these slots, over all queues. */
  pools?: Readonly<Record<string, { queues: string[]; concurrency: number }>>;
};

/** Processes over one jobs folder and one Redis, all that was done to them, and what their jobs have written. */
export type Fleet = {
  readonly observer: Observer;
  readonly journal: Journal;
  readonly faults: readonly Fault[];
  /** Every process that was ever started, the ended ones included. */
  readonly processes: readonly BelfryProcess[];
  /** The ones of a role that live and are not paused. */
  up(role: Role): BelfryProcess[];
  start(role: Role, count?: number): Promise<BelfryProcess[]>;
  /** One more with these variables, which need not live until it is up. */
  launch(role: Role, variables: Readonly<Record<string, string>>): BelfryProcess;
  /** Runs one command of the command line to its end. */
  ask(words: readonly string[]): Promise<Answer>;
  /** The same, for one that is to be interrupted. */
  begin(words: readonly string[]): LivingBelfry;
  /** SIGKILL; resolves with the instant of the kill, when the process is gone. */
  kill(victim: BelfryProcess): Promise<number>;
  /** SIGSTOP until the action is done, then SIGCONT. Resolves with the instant of the stop. */
  whilePaused(victim: BelfryProcess, action: (pausedAt: number) => Promise<void>): Promise<number>;
  /** SIGTERM; resolves when the process is gone. */
  terminate(victim: BelfryProcess): Promise<Ended>;
  /** Notes a fault that was made by other means. */
  note(fault: Fault): void;
  /** Worker ids by what the processes said: id → pid. */
  workerPids(): Map<string, number>;
  /** How often any process said this. */
  count(event: EventWord): number;
};

const folders = new Set<string>();
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const FIXTURE = fileURLToPath(new URL('fixtures/_journal.ts', import.meta.url));

export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'belfry-fleet-')));
  folders.add(folder);
  writeFiles(folder, options);
  const journal = openJournal(path.join(folder, 'journal'));
  const observer = await openObserver(options.redis.url, path.join(folder, 'jobs'));
  const env = environmentOf(folder, options);
  const processes: BelfryProcess[] = [];
  const faults: Fault[] = [];
  const paused = new Set<BelfryProcess>();
  return {
    observer,
    journal,
    faults,
    processes,
    up: (role) => processes.filter((one) => one.role === role && one.ended() === undefined && !paused.has(one)),
    async start(role, count = 1) {
      const started = await Promise.all(Array.from({ length: count }, () => startProcess({ role, cwd: folder, env })));
      processes.push(...started);
      return started;
    },
    launch(role, variables) {
      const launched = launchProcess({ role, cwd: folder, env: { ...env, ...variables } });
      processes.push(launched);
      return launched;
    },
    ask: (words) => runBelfry(placeOf(folder), words, env),
    begin: (words) => startBelfry(placeOf(folder), words, env),
    async kill(victim) {
      const at = Date.now();
      victim.send('SIGKILL');
      faults.push({ pid: victim.pid, kind: 'killed', from: at, to: (await victim.whenEnded()).at });
      return at;
    },
    async whilePaused(victim, action) {
      const from = Date.now();
      paused.add(victim);
      victim.send('SIGSTOP');
      try {
        await action(from);
      } finally {
        faults.push({ pid: victim.pid, kind: 'paused', from, to: Date.now() });
        victim.send('SIGCONT');
        paused.delete(victim);
      }
      return from;
    },
    terminate(victim) {
      victim.send('SIGTERM');
      return victim.whenEnded();
    },
    note: (fault) => void faults.push(fault),
    workerPids: () =>
      new Map(
        processes.flatMap(({ said, pid }) =>
          said.flatMap(({ event, worker }) =>
            event === 'worker started' && worker !== undefined ? [[worker, pid] as const] : [],
          ),
        ),
      ),
    count: (event) => processes.flatMap(({ said }) => said).filter((said) => said.event === event).length,
  };
}

const placeOf = (folder: string): Place => ({ folder, write: () => undefined, remove: () => undefined });

function writeFiles(folder: string, { jobs, concurrency = 10, pools }: FleetOptions): void {
  mkdirSync(path.join(folder, 'jobs'));
  mkdirSync(path.join(folder, 'journal'));
  copyFileSync(FIXTURE, path.join(folder, 'jobs/_journal.ts'));
  for (const { name, forMs, manner, ...rest } of jobs) {
    const spec = JSON.stringify(rest);
    const work = JSON.stringify({ forMs, manner });
    const text = `import { defineJob } from 'belfry';
import { journaled } from './_journal.ts';
export default defineJob({ ...${spec}, run: journaled(${work}) });
`;
    writeFileSync(path.join(folder, 'jobs', `${name}.ts`), text);
  }
  const config = { pools: pools ?? { default: { queues: ['*'], concurrency } } };
  writeFileSync(path.join(folder, 'belfry.config.json'), JSON.stringify(config));
}

function environmentOf(folder: string, options: FleetOptions): Record<string, string> {
  const { redis, leaderTtlMs = 2_000, runLeaseMs = 3_000, drainMs = 5_000 } = options;
  return {
    REDIS_URL: redis.url,
    JOURNAL_FOLDER: path.join(folder, 'journal'),
    BELFRY_LEADER_TTL: `${String(leaderTtlMs)}ms`,
    BELFRY_RUN_LEASE: `${String(runLeaseMs)}ms`,
    BELFRY_DRAIN: `${String(drainMs)}ms`,
    BELFRY_LEDGER_COUNT: '100000',
    BELFRY_HISTORY_COUNT: '100000',
  };
}
