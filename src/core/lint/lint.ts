import { compileSchedule, type CompileTiming } from '../compiled_schedule.ts';
import type { JobDefinition } from '../definition.ts';
import { BelfryError } from '../errors.ts';
import { entriesOf } from '../forecast/entries.ts';
import type { ForecastEntry } from '../forecast/entry.ts';
import type { ScheduleRule } from '../schedule.ts';
import type { EpochMs } from '../time/units.ts';
import { lintBudget } from './budget.ts';
import type { LintFinding } from './finding.ts';
import { JOB_RULES, type ScheduledJob } from './job_rules.ts';
import { lintLimits } from './limit_rules.ts';
import { proposeSpread } from './spread_proposal.ts';

export type LintQuestion = {
  jobs: readonly JobDefinition[];
  /** Fires that a minute may have; undefined for no budget. */
  budget: number | undefined;
  owner: 'required' | 'optional';
  /** Shards of the namespace. Default 1. */
  shards?: number;
  timingOf: CompileTiming;
};

/** A budget counts starts, not slots, so any duration will do. */
const ANY_DURATION_MS = 1_000;

/** What is doubtful about jobs that can be loaded. Pure: reads the definitions, asks no Redis. */
export function lintJobs({ jobs, budget, owner, timingOf, shards = 1 }: LintQuestion, now: EpochMs): LintFinding[] {
  const findings: LintFinding[] = [];
  const scheduled: ScheduledJob[] = [];
  for (const job of jobs) {
    if (owner === 'required' && job.owner.trim() === '') findings.push(missingOwner(job));
    if (job.schedule === undefined) continue;
    try {
      scheduled.push({ job, rule: job.schedule, compiled: compileSchedule(job.name, job.schedule, timingOf) });
    } catch (error) {
      findings.push(unplannable(job, error));
    }
  }
  findings.push(...lintLimits(jobs, shards));
  for (const one of scheduled) findings.push(...JOB_RULES.flatMap((rule) => rule(one, now)));
  if (budget === undefined) return findings;
  const rules = new Map(scheduled.map((one) => [one.job.name, one]));
  const propose = (name: string) => {
    const one = rules.get(name);
    return one && proposeSpread(name, one, now);
  };
  const entries = scheduled.flatMap((one) => toEntries(one, timingOf));
  return [...findings, ...lintBudget({ entries, budget, propose }, now)];
}

function toEntries({ job, rule }: ScheduledJob, timingOf: CompileTiming): ForecastEntry[] {
  const facts = { timingOf, queueOf: () => job.queue, durationOf: () => ANY_DURATION_MS };
  return entriesOf({ job: job.name, id: job.name, rule, count: 1 }, facts);
}

function missingOwner({ name }: JobDefinition): LintFinding {
  return {
    rule: 'missing-owner',
    level: 'warning',
    job: name,
    field: undefined,
    says: 'the job has no owner',
    hint: "owner: 'team@example.com': whom to ask when it fails",
  };
}

/** A calendar can be kept in Redis alone, where lint does not look: then nothing is said to be wrong, only unknown. */
function unplannable({ name, schedule }: JobDefinition, error: unknown): LintFinding {
  if (!(error instanceof BelfryError)) throw error;
  return {
    rule: 'unplannable-schedule',
    level: namesCalendar(schedule) ? 'warning' : 'error',
    job: name,
    field: error.field ?? 'schedule',
    says: error.message,
    hint: error.hint ?? 'correct the schedule',
  };
}

function namesCalendar(rule: ScheduleRule | undefined): boolean {
  return (rule?.x ?? []).some((except) => typeof except === 'string');
}
