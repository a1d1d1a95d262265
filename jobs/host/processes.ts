import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { defineJob } from 'belfry';

type Process = { pid: number; parent: number; name: string; state: string };
type OpenFiles = { pid: number; name: string; open: number; limit: number };

/** A zombie for a moment is normal; this many mean a parent that does not collect its children. */
const ZOMBIES_TO_WARN = 5;
/** Share of a limit on open files or processes that is worth a warning. */
const SHARE_TO_WARN = 0.8;

export default defineJob({
  description: 'Zombies, stuck processes, limits on files and processes, failed systemd units',
  owner: 'belfry',
  schedule: { cron: '* * * * *', jitter: '5s' },
  timeout: '30s',
  retry: { attempts: 1 },
  slo: { lag: '30s' },
  async run({ log, signal }) {
    const processes = await listProcesses();
    if (processes === undefined) {
      log.info('this system has no /proc: only its services are looked at');
      return { failedUnits: await listFailedUnits(signal) };
    }
    const zombies = processes.filter(({ state }) => state === 'Z');
    const stuck = processes.filter(({ state }) => state === 'D');
    const [files, nearLimit, failedUnits, pidMax] = await Promise.all([
      readFileTable(),
      findNearFileLimit(processes),
      listFailedUnits(signal),
      readNumber('/proc/sys/kernel/pid_max'),
    ]);
    if (zombies.length >= ZOMBIES_TO_WARN) log.warn('zombies pile up', { byParent: countByParent(zombies) });
    if (stuck.length > 0) log.info('processes wait for a device', { stuck: stuck.slice(0, 20) });
    if (files !== null && files.open > files.limit * SHARE_TO_WARN)
      log.warn('the table of open files is nearly full', files);
    if (pidMax !== null && processes.length > pidMax * SHARE_TO_WARN) log.warn('process ids run out', { pidMax });
    for (const process of nearLimit) log.warn(`${process.name} is near its limit on open files`, process);
    for (const unit of failedUnits ?? []) log.warn(`systemd unit ${unit} has failed`);
    return { processes: processes.length, zombies: zombies.length, stuck: stuck.length, files, nearLimit, failedUnits };
  },
});

async function listProcesses(): Promise<Process[] | undefined> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.map(Number).filter((pid) => Number.isInteger(pid));
  if (pids.length === 0) return undefined;
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** The name stands in brackets and may hold brackets and spaces itself, so the fields are counted from its end. */
async function readProcess(pid: number): Promise<Process | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const match = text === undefined ? null : /^\d+ \((.*)\) (\S) (\d+)/s.exec(text);
  if (match === null) return undefined;
  return { pid, name: match[1] ?? '', state: match[2] ?? '?', parent: Number(match[3]) };
}

/** Processes that have opened most of the files they may; those of other users are seen by root alone. */
async function findNearFileLimit(processes: Process[]): Promise<OpenFiles[]> {
  const found: OpenFiles[] = [];
  for (const { pid, name } of processes) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
    if (files === undefined) continue;
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
    if (files.length > limit * SHARE_TO_WARN) found.push({ pid, name, open: files.length, limit });
  }
  return found;
}

async function readFileTable(): Promise<{ open: number; limit: number } | null> {
  const text = await readFile('/proc/sys/fs/file-nr', 'utf8').catch(() => undefined);
  const [allocated, unused, limit] = (text ?? '').split(/\s+/).map(Number);
  return text === undefined ? null : { open: (allocated ?? 0) - (unused ?? 0), limit: limit ?? Infinity };
}

async function readNumber(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? null : Number(text);
}

/** Null where systemd does not run: a container, or macOS. */
async function listFailedUnits(signal: AbortSignal): Promise<string[] | null> {
  const options = ['list-units', '--state=failed', '--plain', '--no-legend', '--no-pager'];
  try {
    const { stdout } = await promisify(execFile)('systemctl', options, { signal, timeout: 10_000 });
    return [...stdout.matchAll(/^\s*(\S+)/gm)].map(([, unit = '']) => unit);
  } catch {
    return null;
  }
}

function countByParent(processes: Process[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { parent } of processes) counts[parent] = (counts[parent] ?? 0) + 1;
  return counts;
}
