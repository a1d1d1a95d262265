import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runJob as runInline, type JobRun, type LoggedLine } from 'belfry/testing';
import { onTestFinished } from 'vitest';
import type { JobSpec, Json } from '../../src/core/job.ts';

const jobs = fileURLToPath(new URL('../../jobs/', import.meta.url));

/** Runs a shipped job once, as fired by its schedule at 2026-01-02T07:00:00Z. */
export async function runJob(name: string, payload: Json = null): Promise<JobRun & { warnings: LoggedLine[] }> {
  const { default: job } = (await import(path.join(jobs, `${name}.ts`))) as { default: JobSpec };
  const done = await runInline(job, {
    payload,
    run: { job: name, schedule: name, fireTime: Date.UTC(2026, 0, 2, 7) },
  });
  return { ...done, warnings: done.logs.filter(({ level }) => level === 'warn') };
}

/** Sets environment variables until the test ends. */
export function setEnvironment(variables: Record<string, string | undefined>): void {
  const before = Object.fromEntries(Object.keys(variables).map((key) => [key, process.env[key]]));
  const assign = (values: Record<string, string | undefined>): void => {
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) Reflect.deleteProperty(process.env, key);
      else process.env[key] = value;
    }
  };
  assign(variables);
  onTestFinished(() => assign(before));
}

/** A folder of this test alone, removed at its end. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'belfry-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder for the jobs of this test. */
export function useDataFolder(): string {
  const folder = makeFolder();
  setEnvironment({ BELFRY_DATA: folder });
  return folder;
}
