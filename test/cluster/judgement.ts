import type { JobSpec } from '../../src/core/job.ts';
import { scheduledRunId } from '../../src/core/run.ts';
import { nextFireTimes } from '../../src/core/time/fire_times.ts';
import type { VerdictWord } from '../../src/core/verdict.ts';
import { linesByRun } from '../support/journal.ts';
import type { JournalLine } from '../support/journal.ts';
import { judgeLedger, judgeRecords, judgeRuns } from '../support/judge.ts';
import type { Finding } from '../support/judge.ts';
import type { Fleet, FleetJob } from './fleet.ts';

export type Judgement = {
  findings: Finding[];
  fireTimes: number;
  runs: number;
  /** Runs with a second attempt, as the journals have it. */
  repeated: number;
  /** Runs that a worker handed back. */
  handedBack: number;
};

/** From the claim of a lost attempt to the start of the next: lease, reaper, and a fail-over that may be under way. */
const RECOVERY_MS = 12_000;

type Span = { jobs: readonly FleetJob[]; from: number; until: number };

/** Judges every fire time in (from, until] by the ledger, the journals and the history. Call when everything is at rest. */
export async function judgeFireTimes(fleet: Fleet, { jobs, from, until }: Span): Promise<Judgement> {
  const findings: Finding[] = [];
  const owed: string[] = [];
  let fireTimes = 0;
  for (const { name, schedule } of jobs) {
    if (schedule === undefined) continue;
    const named = nextFireTimes(schedule, { from, count: 10_000 }).filter((at) => at <= until);
    const ledger = await fleet.observer.client.jobs.ledger(name, 100_000);
    const judged = judgeLedger({ job: name, fireTimes: named, ledger, excuses: excusesOf(schedule) });
    findings.push(...judged.findings);
    owed.push(...judged.fired.map((at) => scheduledRunId(name, at)));
    fireTimes += named.length;
  }
  const names = new Set(jobs.map(({ name }) => name));
  const isMeant = ({ job, fireTime }: JournalLine): boolean => names.has(job) && fireTime > from && fireTime <= until;
  const lines = fleet.journal.read().filter(isMeant);
  const judged = await judgeOwed(fleet, owed, lines);
  return { ...judged, findings: [...findings, ...judged.findings], fireTimes };
}

/** Judges runs that were enqueued; every line that is given must belong to one of them. */
export async function judgeEnqueued(
  fleet: Fleet,
  owed: readonly string[],
  lines: readonly JournalLine[] = fleet.journal.read(),
): Promise<Judgement> {
  return judgeOwed(fleet, owed, lines);
}

async function judgeOwed(fleet: Fleet, owed: readonly string[], lines: readonly JournalLine[]): Promise<Judgement> {
  const findings = judgeRuns({ owed, lines, faults: fleet.faults, recoveryMs: RECOVERY_MS });
  const records = await fleet.observer.records();
  findings.push(...judgeRecords({ owed, records, lines, pids: fleet.workerPids() }));
  const byRun = [...linesByRun(lines).values()];
  const count = (matches: (line: JournalLine, own: JournalLine[]) => boolean): number =>
    byRun.filter((own) => own.some((line) => matches(line, own))).length;
  return {
    findings,
    fireTimes: 0,
    runs: owed.length,
    repeated: count(({ event, attempt }) => event === 'start' && attempt > 1),
    handedBack: count(
      (line, own) =>
        line.event === 'stopped' &&
        own.some(({ event, attempt, pid }) => event === 'start' && attempt === line.attempt && pid !== line.pid),
    ),
  };
}

/** The verdicts without a run that the policies of a schedule may give while its leader changes. */
function excusesOf({ catchUp, overlap }: NonNullable<JobSpec['schedule']>): VerdictWord[] {
  const missed: VerdictWord = catchUp === 'none' ? 'missed(catch-up)' : 'merged';
  return overlap === 'allow' ? [missed] : [missed, 'skipped(overlap)'];
}
