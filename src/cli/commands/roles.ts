import type { Command } from 'commander';
import { wordOf } from '../options.ts';
import type { Counter } from '../counter.ts';

const ROLES = ['all', 'scheduler', 'worker', 'api'] as const;

/** `belfry dev` and `belfry start`: the commands that go on until they are stopped. */
export function addRoles(program: Command, { desk, file }: Counter): void {
  program
    .command('dev')
    .description('run everything in this process, over ./jobs; without REDIS_URL with a private Redis')
    .action(() => desk.dev(file()));
  program
    .command('start')
    .description('run a role, for a process manager; stops in good order on SIGTERM')
    .option('--role <role>', `what this process does: ${ROLES.join(', ')}`, 'all')
    .option('--pool <name>', 'work for this pool only; may be given several times', collect, [])
    .action((words: { role: string; pool: string[] }) =>
      desk.start(file(), { role: wordOf(words.role, '--role', ROLES), pools: words.pool }),
    );
}

const collect = (name: string, names: string[]): string[] => [...names, name];
