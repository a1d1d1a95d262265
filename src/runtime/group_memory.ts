import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Bytes of memory by process group, over all processes that are in it now; a group without any is left out. On Linux that
 * is what only they use (RssAnon and RssShmem of proc(5)): pages of files, such as the program itself, are shared and can
 * be dropped at any time. Elsewhere it is the resident set that ps tells.
 */
export function readGroupMemory(groups: ReadonlySet<number>): Map<number, number> {
  const used = new Map<number, number>();
  for (const { group, bytes } of readFromProc(groups) ?? readFromPs(groups)) {
    used.set(group, (used.get(group) ?? 0) + bytes);
  }
  return used;
}

type Use = { group: number; bytes: number };

/** Undefined where there is no /proc of this kind. */
function readFromProc(groups: ReadonlySet<number>): Use[] | undefined {
  if (readText('/proc/self/stat') === undefined) return undefined;
  const found: Use[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = readText(`/proc/${pid}/stat`);
    // After the name, which may hold anything: state, parent, group.
    const group = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ', 3)[2]);
    if (groups.has(group)) found.push({ group, bytes: ownBytes(readText(`/proc/${pid}/status`) ?? '') });
  }
  return found;
}

function ownBytes(status: string): number {
  let kib = 0;
  for (const [, part] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) kib += Number(part);
  return kib * 1_024;
}

function readFromPs(groups: ReadonlySet<number>): Use[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pgid=,rss='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [group = Number.NaN, kib = 0] = line.trim().split(/\s+/).map(Number);
    return groups.has(group) ? [{ group, bytes: kib * 1_024 }] : [];
  });
}

/** Undefined where there is no such file, or no such process any more. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
