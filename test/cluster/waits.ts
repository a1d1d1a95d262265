import { eventually } from '../support/eventually.ts';
import { finishedRuns, liveAttempts } from '../support/journal.ts';
import type { JournalLine } from '../support/journal.ts';
import { hasSaid } from '../support/processes.ts';
import type { BelfryProcess, EventWord } from '../support/processes.ts';
import type { Fleet } from './fleet.ts';

const WAIT = { timeoutMs: 30_000, everyMs: 20 };

/** Waits until the jobs have started this many more runs: the pace of a test follows the work, not the clock. */
export async function untilStarted(fleet: Fleet, more: number): Promise<void> {
  const wanted = fleet.journal.read().length + more * 2;
  await eventually(() => {
    const { length } = fleet.journal.read();
    if (length < wanted) throw new Error(`${String(wanted - length)} lines short of ${String(wanted)}`);
  }, WAIT);
}

export async function untilFinished(fleet: Fleet, count: number, timeoutMs = WAIT.timeoutMs): Promise<void> {
  await eventually(
    () => {
      const { size } = finishedRuns(fleet.journal.read());
      if (size < count) throw new Error(`${String(size)} of ${String(count)} runs have ended`);
    },
    { ...WAIT, timeoutMs },
  );
}

/** Waits until a run has been started by the process and not ended. */
export async function untilBusy(fleet: Fleet, { pid }: BelfryProcess): Promise<void> {
  await eventually(() => {
    if (liveAttempts(fleet.journal.read(), pid).length === 0) throw new Error(`process ${String(pid)} has no run`);
  }, WAIT);
}

/** The process that leads, once one of the living does, other than `before`. */
export async function untilLed(fleet: Fleet, before?: BelfryProcess): Promise<BelfryProcess> {
  return eventually(async () => {
    const pid = await fleet.observer.leaderPid();
    const leader = fleet.up('scheduler').find((one) => one.pid === pid && one !== before);
    if (leader === undefined) throw new Error(`pid ${String(pid)} leads, which is not one of the living`);
    return leader;
  }, WAIT);
}

export async function untilSaid(process: BelfryProcess, event: EventWord, since: number): Promise<void> {
  await eventually(() => {
    if (!hasSaid(process, event, since))
      throw new Error(`${process.role} ${String(process.pid)} has not said ${event}:\n${process.noise()}`);
  }, WAIT);
}

/** Waits until no job owes a fire time at or before `until`, then takes all schedules away and waits for rest. */
export async function untilSettled(fleet: Fleet, until: number): Promise<void> {
  const { client, jobs, assertRest } = fleet.observer;
  await eventually(async () => {
    const behind = (await client.jobs.list()).filter(({ nextFireTime }) => (nextFireTime ?? Infinity) <= until);
    if (behind.length > 0) throw new Error(`without a verdict: ${behind.map(({ record }) => record.name).join(', ')}`);
  }, WAIT);
  await eventually(async () => {
    // Again and again: a leader that finds another Redis process puts the schedules back, as it must.
    await client.apply(jobs.map((job) => ({ ...job, schedule: undefined })));
    await assertRest();
  }, WAIT);
}

/** From a leader's fall to the first start of a run whose fire time came after it: only a new leader can have fired it. */
export function failOverMs(lines: readonly JournalLine[], fellAt: number): number {
  const first = lines.find(({ event, fireTime }) => event === 'start' && fireTime > fellAt);
  return first === undefined ? Infinity : first.at - fellAt;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The figures of a test, for whoever reads its output. */
export function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
