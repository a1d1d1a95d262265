import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { compileJob } from '../../src/core/compile_job.ts';
import type { EnqueueOptions, Json, RunContext } from '../../src/core/job.ts';
import { createRunNotes } from '../../src/worker/run_notes.ts';

type LogLine = { level: string; message: string; fields: Record<string, unknown> | undefined };
type Enqueued = { job: string; payloads: Json[]; options: EnqueueOptions };

const jobs = fileURLToPath(new URL('../../jobs/', import.meta.url));

/** Runs a shipped job once with a context of its own, payload checked as a worker does. */
export async function runJob(name: string, payload: Json = null) {
  const file = path.join(jobs, `${name}.ts`);
  const { default: spec } = (await import(file)) as { default: unknown };
  const definition = compileJob(name, spec, { file });
  const logs: LogLine[] = [];
  const enqueued: Enqueued[] = [];
  const line = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void logs.push({ level, message, fields });
  const enqueueMany: RunContext['enqueueMany'] = (job, payloads, options = {}) => {
    enqueued.push({ job, payloads, options });
    return Promise.resolve(payloads.map((_, index) => `${job}-${index}`));
  };
  const notes = createRunNotes({ origin: 'r1', notes: {} }, () => Promise.resolve());
  const context: RunContext = {
    payload: await definition.validate(payload),
    run: { id: 'r1', job: name, queue: 'default', schedule: name, fireTime: Date.UTC(2026, 0, 2, 7) },
    attempt: 1,
    signal: AbortSignal.timeout(20_000),
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    progress: () => undefined,
    enqueue: async (job, own = null, options = {}) => (await enqueueMany(job, [own], options))[0] ?? '',
    enqueueMany,
    spawn: async (job, own = null) => (await enqueueMany(job, [own]))[0] ?? '',
    spawnMany: (job, payloads) => enqueueMany(job, payloads),
    checkpoint: notes.checkpoint,
    checkpointed: undefined,
    once: notes.once,
  };
  // As a worker keeps it: what JSON would lose must not be what a test sees.
  const result = JSON.parse(JSON.stringify((await definition.run(context)) ?? null)) as Json;
  const warnings = logs.filter(({ level }) => level === 'warn');
  return { result, logs, warnings, enqueued };
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
