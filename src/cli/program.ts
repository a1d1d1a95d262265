import { Command } from 'commander';
import { addApply } from './commands/apply.ts';
import { addBackfill } from './commands/backfill.ts';
import { addBatches } from './commands/batches.ts';
import { addBulk } from './commands/bulk.ts';
import { addCalendars } from './commands/calendars.ts';
import { addCapacity } from './commands/capacity.ts';
import { addDead } from './commands/dead.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addForecast } from './commands/forecast.ts';
import { addFreeze } from './commands/freeze.ts';
import { addHealthcheck } from './commands/healthcheck.ts';
import { addJobs } from './commands/jobs.ts';
import { addLimits } from './commands/limits.ts';
import { addLint } from './commands/lint.ts';
import { addNext } from './commands/next.ts';
import { addMigrate } from './commands/migrate.ts';
import { addPlan } from './commands/plan.ts';
import { addQueues } from './commands/queues.ts';
import { addRoles } from './commands/roles.ts';
import { addRollout } from './commands/rollout.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedules } from './commands/schedules.ts';
import { addSimulate } from './commands/simulate.ts';
import { addWorkers } from './commands/workers.ts';
import type { Counter } from './counter.ts';
import type { Desk } from './desk.ts';
import type { ExitCode } from './failure.ts';

const EXAMPLES = `
Examples:
  belfry dev                               run every job of ./jobs here, and load them again as they change
  belfry next "0 9 * * MON-FRI" --tz Europe/Berlin -n 5
  belfry jobs run reports/daily --payload '{"day":"2026-01-31"}' --wait
  belfry jobs pause reports/daily --note 'the warehouse moves' --until 2h
  belfry backfill reports/daily --from 2026-01-01 --to 2026-02-01 --rate 10/1m
  belfry runs list --state dead --since 24h
  belfry runs logs RUN -f
  REDIS_URL=redis://redis:6379 belfry start --role scheduler

Exit codes: 0 done, 1 failed, 2 asked in a wrong way, 3 not found.
`;

/** The whole command line. Errors are thrown, not printed. */
export function createProgram(desk: Desk, exit: (code: ExitCode) => void): Command {
  const program = new Command('belfry')
    .description('Distributed cron and job scheduler on Redis')
    .version(desk.version)
    .option('--config <file>', 'read this configuration file instead of belfry.config.json')
    .helpOption('-h, --help', 'show what a command takes')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => desk.out(text),
      writeErr: (text) => desk.err(text),
      outputError: () => undefined,
    });
  const counter: Counter = { desk, exit, file: () => program.opts<{ config?: string }>().config };
  for (const add of [
    addRoles,
    addPlan,
    addApply,
    addRollout,
    addJobs,
    addRuns,
    addDead,
    addBulk,
    addQueues,
    addWorkers,
    addSchedules,
    addBatches,
    addBackfill,
    addFreeze,
    addCalendars,
    addLimits,
    addNext,
    addExplain,
    addForecast,
    addCapacity,
    addLint,
    addSimulate,
    addDoctor,
    addMigrate,
    addHealthcheck,
  ])
    add(program, counter);
  return program;
}
