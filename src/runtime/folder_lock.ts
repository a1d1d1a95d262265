import { createHash } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { BelfryError } from '../core/errors.ts';
import type { Clock } from '../core/time/units.ts';
import { isRunning, ownIdentity } from './processes.ts';
import type { ProcessIdentity } from './processes.ts';

/** Holders on other hosts cannot be looked up, so a holder touches its lock; an untouched one is dead. */
const TOUCH_MS = 5_000;
const UNTOUCHED_IS_DEAD_MS = 15_000;
/** A take-over is two system calls; one that is older than this belongs to a process that died in between. */
const TAKE_OVER_MS = 5_000;
const LOOK_AGAIN_MS = 20;

export type FolderLock = { release(): void };
export type FolderLockOptions = {
  /** The lock's file. */
  file: string;
  /** What is locked, for the error. */
  folder: string;
  clock: Clock;
};

/**
 * Takes the lock of a folder for this process. A lock left by `kill -9` or a crash is found stale and taken over, by
 * one of several starters only: whoever links the claim, which is named after the stale lock's content.
 * @throws BelfryError ALREADY_RUNNING naming the folder and the pid that holds it.
 */
export async function lockFolder({ file, folder, clock }: FolderLockOptions): Promise<FolderLock> {
  const own = ownIdentity();
  const mine = `${file}.${String(own.pid)}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    while (!linked(mine, file)) {
      const held = read(file);
      if (held === undefined) continue;
      if (isHeld(file, held, clock)) throw alreadyRunning(held, folder);
      if (takeOver({ mine, file, stale: held }, clock)) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const touching = setInterval(() => {
    touch(file, clock);
  }, TOUCH_MS).unref();
  return {
    release: () => {
      clearInterval(touching);
      if (read(file) === JSON.stringify(own)) rmSync(file, { force: true });
    },
  };
}

/** The claim keeps a second starter from replacing the lock that the first one has just put in place. */
function takeOver({ mine, file, stale }: { mine: string; file: string; stale: string }, clock: Clock): boolean {
  const claim = `${file}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
  if (!linked(mine, claim)) {
    if (ageOf(claim, clock) > TAKE_OVER_MS) rmSync(claim, { force: true });
    return false;
  }
  const isUnchanged = read(file) === stale;
  if (isUnchanged) {
    touch(mine, clock);
    renameSync(mine, file);
  }
  rmSync(claim, { force: true });
  return isUnchanged;
}

function isHeld(file: string, content: string, clock: Clock): boolean {
  const holder = parse(content);
  if (holder === undefined) return false;
  if (holder.host === ownIdentity().host) return isRunning(holder);
  return ageOf(file, clock) < UNTOUCHED_IS_DEAD_MS;
}

function alreadyRunning(content: string, folder: string): BelfryError {
  const { pid, host } = parse(content) ?? ownIdentity();
  return new BelfryError('ALREADY_RUNNING', `pid ${String(pid)} on ${host} already runs Belfry's Redis in ${folder}`, {
    field: folder,
    hint: 'stop that one, or give this one a folder of its own with BELFRY_DATA, or set REDIS_URL to share a Redis',
  });
}

function parse(content: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(content) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** A hard link is there or not: unlike a file that is opened and then written, it is never seen empty. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ageOf(file: string, clock: Clock): number {
  try {
    return clock.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(file: string, clock: Clock): void {
  try {
    utimesSync(file, clock.now() / 1_000, clock.now() / 1_000);
  } catch {
    // Removed by hand; the next holder finds no lock, which is what whoever removed it asked for.
  }
}
