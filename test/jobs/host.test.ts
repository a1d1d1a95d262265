import { spawn } from 'node:child_process';
import os from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runJob } from '../support/job_run.ts';
import { eventually } from '../support/eventually.ts';

const onLinux = process.platform === 'linux';

type Health = {
  loadPerCpu: number;
  memory: { totalBytes: number; availableBytes: number; usedShare: number; swapUsedShare: number };
  pressure: Record<string, { some10s: number; full10s: number | null }>;
  disks: { mount: string; totalBytes: number; usedShare: number; inodesUsedShare: number }[];
};

describe('host/health', () => {
  test('answers the figures of this host', async () => {
    const health = (await runJob('host/health')).result as Health;
    expect(health.memory.totalBytes).toBeGreaterThan(os.totalmem() * 0.9);
    expect(health.memory.availableBytes).toBeLessThanOrEqual(health.memory.totalBytes);
    expect(health.disks.length).toBeGreaterThan(0);
    const shares = [health.memory.usedShare, health.memory.swapUsedShare];
    for (const { usedShare, inodesUsedShare } of health.disks) shares.push(usedShare, inodesUsedShare);
    for (const share of shares) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(health.loadPerCpu).toBeGreaterThanOrEqual(0);
    for (const { some10s } of Object.values(health.pressure)) expect(some10s).toBeGreaterThanOrEqual(0);
  });

  test('warns of exactly what is over its limits', async () => {
    const { result, warnings } = await runJob('host/health');
    const { loadPerCpu, memory, disks, pressure } = result as Health;
    const due = [
      loadPerCpu > 2,
      memory.usedShare > 0.9,
      memory.swapUsedShare > 0.5,
      ...Object.values(pressure).map(({ some10s }) => some10s > 20),
      ...disks.flatMap(({ usedShare, inodesUsedShare }) => [usedShare > 0.9, inodesUsedShare > 0.9]),
    ];
    expect(warnings).toHaveLength(due.filter(Boolean).length);
  });
});

type Processes = {
  processes: number;
  zombies: number;
  files: { open: number; limit: number } | null;
  nearLimit: { pid: number; open: number; limit: number }[];
};

describe.runIf(onLinux)('host/processes', () => {
  test('counts the processes of this host', async () => {
    const result = (await runJob('host/processes')).result as Processes;
    expect(result.processes).toBeGreaterThan(1);
    expect(result.files?.open).toBeLessThan(result.files?.limit ?? 0);
  });

  test('names a process that has nearly used up its open files', async () => {
    // The limit of a child, lowered by the shell that becomes it; its files are opened by the shell as well.
    const files = Array.from({ length: 20 }, (_, n) => `exec ${n + 3}</dev/null`).join('; ');
    const child = spawn('bash', ['-c', `ulimit -n 26; ${files}; exec sleep 60`], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(async () => {
      const { result, warnings } = await runJob('host/processes');
      const found = (result as Processes).nearLimit.find(({ pid }) => pid === child.pid);
      expect(found).toMatchObject({ limit: 26 });
      expect(warnings.some(({ fields }) => fields?.['pid'] === child.pid)).toBe(true);
    });
  });

  test('sees zombies and who does not collect them', async () => {
    // A shell that replaces itself no longer waits for the children it had: each becomes a zombie of `sleep`.
    const child = spawn('bash', ['-c', 'for n in 1 2 3 4 5 6; do sleep 0.05 & done; exec sleep 60'], {
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(async () => {
      const { result, warnings } = await runJob('host/processes');
      expect((result as Processes).zombies).toBeGreaterThanOrEqual(6);
      const pileUp = warnings.find(({ message }) => message === 'zombies pile up');
      expect(pileUp?.fields?.['byParent']).toMatchObject({ [String(child.pid)]: 6 });
    });
  });
});
