import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { defineJob } from 'belfry';

type Disk = { mount: string; totalBytes: number; usedShare: number; inodesUsedShare: number };
type Pressure = { some10s: number; full10s: number | null };

/** Shares are 0 to 1; pressure is the percentage of time that tasks waited. */
const LIMITS = { loadPerCpu: 2, memoryShare: 0.9, swapShare: 0.5, pressure: 20, diskShare: 0.9, inodeShare: 0.9 };

/** File systems that live in memory or in the kernel fill no disk. */
const REAL_DEVICE = /^(?:\/dev\/(?!loop)|[\w.-]+:\/|\/\/)/;

export default defineJob({
  description: 'Load, memory, swap, pressure and disks of this host; warns above its limits',
  owner: 'belfry',
  schedule: { cron: '*/5 * * * * *' },
  timeout: '4s',
  retry: { attempts: 1 },
  slo: { lag: '5s' },
  async run({ log }) {
    const [memory, pressure, disks] = await Promise.all([readMemory(), readPressure(), readDisks()]);
    const [load1 = 0, load5 = 0] = os.loadavg();
    const loadPerCpu = load1 / os.availableParallelism();
    const warn = (isOver: boolean, message: string, fields: Record<string, unknown>): void => {
      if (isOver) log.warn(message, fields);
    };
    warn(loadPerCpu > LIMITS.loadPerCpu, 'load is high', { load1, load5, loadPerCpu });
    warn(memory.usedShare > LIMITS.memoryShare, 'memory is nearly used up', memory);
    warn(memory.swapUsedShare > LIMITS.swapShare, 'swap is filling', memory);
    for (const [resource, { some10s, full10s }] of Object.entries(pressure)) {
      warn(some10s > LIMITS.pressure, `tasks wait for ${resource}`, { resource, some10s, full10s });
    }
    for (const disk of disks) {
      warn(disk.usedShare > LIMITS.diskShare, `disk ${disk.mount} is nearly full`, disk);
      warn(disk.inodesUsedShare > LIMITS.inodeShare, `disk ${disk.mount} is nearly out of inodes`, disk);
    }
    return { load1, load5, loadPerCpu, memory, pressure, disks };
  },
});

/** Of /proc/meminfo, which counts memory that can be freed as available; elsewhere what the system calls free. */
async function readMemory() {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const bytesOf = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  const totalBytes = bytesOf('MemTotal') || os.totalmem();
  const availableBytes = bytesOf('MemAvailable') || os.freemem();
  const swapBytes = bytesOf('SwapTotal');
  return {
    totalBytes,
    availableBytes,
    usedShare: 1 - availableBytes / totalBytes,
    swapBytes,
    swapUsedShare: swapBytes === 0 ? 0 : 1 - bytesOf('SwapFree') / swapBytes,
  };
}

/** Pressure stall information (Linux 4.20 and later); empty where there is none. */
async function readPressure(): Promise<Record<string, Pressure>> {
  const found: Record<string, Pressure> = {};
  for (const resource of ['cpu', 'memory', 'io']) {
    const text = await readFile(`/proc/pressure/${resource}`, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const averageOf = (kind: string): number | null => {
      const average = new RegExp(`^${kind} avg10=([\\d.]+)`, 'm').exec(text)?.[1];
      return average === undefined ? null : Number(average);
    };
    found[resource] = { some10s: averageOf('some') ?? 0, full10s: averageOf('full') };
  }
  return found;
}

async function readDisks(): Promise<Disk[]> {
  const disks: Disk[] = [];
  for (const mount of await listMounts()) {
    const stats = await statfs(mount).catch(() => undefined);
    if (stats === undefined || stats.blocks === 0) continue;
    disks.push({
      mount,
      totalBytes: stats.blocks * stats.bsize,
      // As df counts: what is kept for root is not there for anyone else.
      usedShare: 1 - stats.bavail / (stats.blocks - stats.bfree + stats.bavail),
      inodesUsedShare: stats.files === 0 ? 0 : 1 - stats.ffree / stats.files,
    });
  }
  return disks;
}

/** One mount point per device; the root alone where there is no /proc/mounts. */
async function listMounts(): Promise<string[]> {
  const text = await readFile('/proc/mounts', 'utf8').catch(() => undefined);
  if (text === undefined) return ['/'];
  const byDevice = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [device = '', mount = ''] = line.split(' ');
    if (!REAL_DEVICE.test(device) || byDevice.has(device)) continue;
    byDevice.set(
      device,
      mount.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    );
  }
  return byDevice.size === 0 ? ['/'] : [...byDevice.values()];
}
