import type { Command } from 'commander';
import type { Counter } from './counter.ts';

/** A file of commands: the names that it adds to the program, and how to get at what adds them. */
export type CommandFile = {
  names: readonly string[];
  load: () => Promise<(program: Command, counter: Counter) => void>;
};

/** All commands in the order of the help. */
export const COMMAND_FILES: readonly CommandFile[] = [
  { names: ['dev', 'start'], load: async () => (await import('./commands/roles.ts')).addRoles },
  { names: ['plan'], load: async () => (await import('./commands/plan.ts')).addPlan },
  { names: ['apply'], load: async () => (await import('./commands/apply.ts')).addApply },
  { names: ['rollout'], load: async () => (await import('./commands/rollout.ts')).addRollout },
  { names: ['jobs'], load: async () => (await import('./commands/jobs.ts')).addJobs },
  { names: ['runs'], load: async () => (await import('./commands/runs.ts')).addRuns },
  { names: ['dead'], load: async () => (await import('./commands/dead.ts')).addDead },
  { names: ['bulk'], load: async () => (await import('./commands/bulk.ts')).addBulk },
  { names: ['queues'], load: async () => (await import('./commands/queues.ts')).addQueues },
  { names: ['workers'], load: async () => (await import('./commands/workers.ts')).addWorkers },
  { names: ['schedules'], load: async () => (await import('./commands/schedules.ts')).addSchedules },
  { names: ['batches'], load: async () => (await import('./commands/batches.ts')).addBatches },
  { names: ['backfill'], load: async () => (await import('./commands/backfill.ts')).addBackfill },
  { names: ['freeze', 'unfreeze', 'freezes'], load: async () => (await import('./commands/freeze.ts')).addFreeze },
  { names: ['calendars'], load: async () => (await import('./commands/calendars.ts')).addCalendars },
  { names: ['limits'], load: async () => (await import('./commands/limits.ts')).addLimits },
  { names: ['next'], load: async () => (await import('./commands/next.ts')).addNext },
  { names: ['explain'], load: async () => (await import('./commands/explain.ts')).addExplain },
  { names: ['forecast'], load: async () => (await import('./commands/forecast.ts')).addForecast },
  { names: ['capacity'], load: async () => (await import('./commands/capacity.ts')).addCapacity },
  { names: ['lint'], load: async () => (await import('./commands/lint.ts')).addLint },
  { names: ['simulate'], load: async () => (await import('./commands/simulate.ts')).addSimulate },
  { names: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctor },
  { names: ['migrate'], load: async () => (await import('./commands/migrate.ts')).addMigrate },
  { names: ['healthcheck'], load: async () => (await import('./commands/healthcheck.ts')).addHealthcheck },
];

/**
 * The files that are needed to answer a command line: the one of the command that is named, none for the version, and all
 * of them for help and for a word that is none. Nobody waits for commands that were not asked for.
 */
export function filesFor([word, ...rest]: readonly string[]): readonly CommandFile[] {
  if (word === '--config') return filesFor(rest.slice(1));
  if (word?.startsWith('--config=')) return filesFor(rest);
  if (word === '--version' || word === '-V') return [];
  const named = COMMAND_FILES.filter(({ names }) => names.some((name) => name === word));
  return named.length > 0 ? named : COMMAND_FILES;
}
