import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that cannot be taken for another: pids are used again, a pid with its start time is not. */
export type ProcessIdentity = { pid: number; host: string; startedAt: string };

export function ownIdentity(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, host: hostname(), startedAt: 'unknown' };
}

/** The PATH of this process. */
export function ownSearchPath(): string {
  return process.env['PATH'] ?? '';
}

const atExit = new Set<() => void>();

/** Has `act` called when this process exits by itself, for what must not outlive it; answers how to take that back. */
export function whenOwnExit(act: () => void): () => void {
  if (atExit.size === 0) process.once('exit', actAtExit);
  atExit.add(act);
  return () => {
    atExit.delete(act);
    if (atExit.size === 0) process.off('exit', actAtExit);
  };
}

function actAtExit(): void {
  for (const act of atExit) act();
}

/** Version of the time zone data that this process computes with. */
export function ownTzVersion(): string {
  return process.versions['tz'] ?? 'of the system';
}

/** The identity of a living process of this host; undefined when there is none with this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, host: hostname(), startedAt };
}

/** Whether exactly this process still runs here. A zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identity.host === hostname() && startOf(identity.pid) === identity.startedAt;
}

/** Sends a signal to exactly this process; nothing happens when it has gone. */
export function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Boot id and start in clock ticks after boot from /proc; where there is no /proc, `ps` tells the start. */
function startOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces, so the fields are counted from behind it: state is 3, start 22.
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z' || fields[19] === undefined) return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return startFromPs(pid);
  }
}

function startFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
