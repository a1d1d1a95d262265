// @ts-check
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { say } from './say.mjs';

/** A holder touches its lock this often; one that has not for `STALE_MS` is dead or was copied along with the folder. */
const TOUCH_MS = 2_000;
const STALE_MS = 30_000;
const LOOK_AGAIN_MS = 50;
/** A wait of under a second is not worth a line. */
const LOOKS_BEFORE_WORDS = 10;

/**
 * Runs `work` while no other process holds `file`, so that two set-ups in one folder take turns.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileLocked(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  for (let looks = 0; !take(mine, file); looks += 1) {
    if (looks === LOOKS_BEFORE_WORDS)
      say(`another set-up (pid ${String(holderOf(file))}) is at work here: waiting for it`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  const touching = setInterval(() => touch(file), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    rmSync(mine, { force: true });
    rmSync(file, { force: true });
  }
}

/**
 * A hard link either exists or not: unlike open-then-write there is no moment with an empty lock.
 * @param {string} mine
 * @param {string} file
 */
function take(mine, file) {
  try {
    touch(mine);
    linkSync(mine, file);
    return true;
  } catch {
    removeStale(mine, file);
    return false;
  }
}

/**
 * Several processes may find the same lock stale. The one that links the claim, named after the dead holder, removes
 * it, after a second look: the lock may have changed hands meanwhile.
 * @param {string} mine
 * @param {string} file
 */
function removeStale(mine, file) {
  const holder = holderOf(file);
  if (holder === undefined || !isStale(file, holder)) return;
  const claim = `${file}.stale-${String(holder)}`;
  try {
    linkSync(mine, claim);
  } catch {
    if (ageOf(claim) > STALE_MS) rmSync(claim, { force: true });
    return;
  }
  if (holderOf(file) === holder && isStale(file, holder)) rmSync(file, { force: true });
  rmSync(claim, { force: true });
}

/** @param {string} file @param {number} holder */
function isStale(file, holder) {
  return ageOf(file) > STALE_MS || (holder !== process.pid && !isAlive(holder));
}

/** @param {string} file */
function ageOf(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {string} file */
function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} file */
function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Removed by hand while we worked; the work itself is not harmed.
  }
}
