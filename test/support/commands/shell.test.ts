import { expect, test } from 'vitest';
import { commandsOf } from './shell.ts';

test('a block is read as its simple commands, without comments, assignments and redirections', () => {
  const block = [
    '# first',
    'git clone <this repository> belfry && cd belfry',
    'REDIS_URL=redis://redis:6379 belfry start --role worker   # two or three',
    "belfry jobs pause poll --note 'the partner is down' | head",
    'belfry dead export > letters.ndjson',
    'docker run --detach \\',
    '  --env REDIS_URL=redis://redis:6379 my-jobs',
    `belfry next "30 9 * * MON#2" --tz='Europe/Berlin'`,
  ].join('\n');
  expect(commandsOf(block)).toEqual([
    ['git', 'clone', '<this repository>', 'belfry'],
    ['cd', 'belfry'],
    ['belfry', 'start', '--role', 'worker'],
    ['belfry', 'jobs', 'pause', 'poll', '--note', 'the partner is down'],
    ['head'],
    ['belfry', 'dead', 'export'],
    ['docker', 'run', '--detach', '--env', 'REDIS_URL=redis://redis:6379', 'my-jobs'],
    ['belfry', 'next', '30 9 * * MON#2', '--tz=Europe/Berlin'],
  ]);
});

test('a quote that is not closed is refused', () => {
  expect(() => commandsOf("belfry jobs pause poll --note 'down")).toThrow(/not a line for a shell/);
});
