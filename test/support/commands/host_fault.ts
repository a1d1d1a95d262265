import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './documents.ts';

type Words = readonly string[];

/** Commands of a host that name nothing of Belfry, or only files; no more than these. */
const PLAIN = 'cd cp curl export git head install openssl systemd-sysusers timedatectl vi'.split(' ');
const SYSTEMCTL = ['daemon-reload', 'edit', 'enable', 'kill', 'restart', 'start', 'status', 'stop'];
const UNITS_OF_THE_SYSTEM = ['systemd-timesyncd'];
/** What each is told behind `docker compose`, and whether the name of a service comes next. */
const COMPOSE = ['down', 'exec', 'logs', 'ps', 'pull', 'up'];
const DOCKER = ['build', 'exec', 'pull', 'push', 'run'];
const REDIS_CLI_FLAGS = ['--bigkeys', '--latency-history', '-i'];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What is wrong with a command of a host, also that no form is written down for its program. */
export function hostFault([program = '', ...words]: Words): string | undefined {
  if (PLAIN.includes(program)) return fileFault(words);
  switch (program) {
    case 'npm':
      return npmFault(words);
    case 'npx':
    case 'node':
      return runFault(program, words);
    case 'systemctl':
      return SYSTEMCTL.includes(words[0] ?? '') ? unitFault(words.slice(1)) : `systemctl ${words[0] ?? ''}`;
    case 'journalctl':
      return unitFault(words.filter((_, i) => words[i - 1] === '-u'));
    case 'foreman':
      return foremanFault(words);
    case 'promtool':
      return /^(?:check (?:rules|config|metrics)|test rules|query instant)$/.test(words.slice(0, 2).join(' '))
        ? fileFault(words)
        : `promtool ${words.join(' ')} is no form that documents use`;
    default:
      return `nobody has written down what is right behind ${program}`;
  }
}

/** Paths of this repository that are named must be there; `*` stands for any name. */
function fileFault(words: Words): string | undefined {
  const paths = words.filter((word) =>
    /^(?:\.\/)?(?:deploy|charts|docs|test|scripts|src|bench|jobs)\/[^:]*$/.test(word),
  );
  const missing = paths.find((path) => !existsSync(join(ROOT, path.replace(/\/[^/]*\*.*$/, ''))));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

function npmFault([command = '', name = '']: Words): string | undefined {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  if (['ci', 'install', 'pack'].includes(command)) return undefined;
  const script = command === 'run' ? name : command;
  return script in scripts ? undefined : `package.json has no script ${script}`;
}

function runFault(program: string, words: Words): string | undefined {
  const [first = ''] = words;
  const isThere = program === 'node' || existsSync(join(ROOT, 'node_modules/.bin', first));
  return isThere ? fileFault(words) : `there is no ${first} to run`;
}

/** `belfry-worker@default` is of the file `belfry-worker@.service`; `belfry-*` is any of them. */
function unitFault(words: Words): string | undefined {
  const units = words.filter(
    (word, i) => !word.startsWith('-') && !['--signal', '--grep'].includes(words[i - 1] ?? ''),
  );
  const unknown = units.find((unit) => {
    const file = unit.replace(/@.*$/, '@').replace(/(?<!\.target)$/, '.service');
    return (
      !unit.endsWith('*') && !UNITS_OF_THE_SYSTEM.includes(unit) && !existsSync(join(ROOT, 'deploy/systemd', file))
    );
  });
  return unknown === undefined ? undefined : `deploy/systemd has no unit ${unknown}`;
}

function foremanFault(words: Words): string | undefined {
  const known = [...read('Procfile').matchAll(/^(\w+):/gm)].map(([, name = '']) => name);
  const formation = words[words.indexOf('--formation') + 1] ?? '';
  const unknown = formation.split(',').find((part) => !known.includes(part.split('=')[0] ?? ''));
  return unknown === undefined ? undefined : `the Procfile has no ${unknown}`;
}

/** `rest` is the command that runs in a container. */
export function dockerFault([command = '', ...words]: Words): { fault?: string; rest?: string[] } {
  if (command !== 'compose') {
    return DOCKER.includes(command) ? {} : { fault: `docker ${command} is no form that documents use` };
  }
  const [verb = '', ...operands] = words;
  if (!COMPOSE.includes(verb)) return { fault: `docker compose ${verb} is no form that documents use` };
  const { services } = parse(read('deploy/compose/compose.yaml')) as { services: Record<string, unknown> };
  const named = operands.filter((word, i) => !word.startsWith('-') && operands[i - 1] !== '--scale');
  const [service, ...rest] = verb === 'exec' ? named : [named.find((name) => !(name in services))];
  if (service !== undefined && !(service in services)) return { fault: `compose.yaml has no service ${service}` };
  return rest.length === 0 ? {} : { rest: operands.slice(operands.indexOf(service ?? '') + 1) };
}

/** The command of Redis behind `redis-cli` and its flags; none for what redis-cli does by itself. */
export function redisCommand(words: Words): { fault: string } | { command: string[] } {
  const first = words.findIndex((word) => /^[A-Z]+$/.test(word));
  const flags = (first === -1 ? words : words.slice(0, first)).filter((word) => word.startsWith('-'));
  const unknown = flags.find((flag) => !REDIS_CLI_FLAGS.includes(flag));
  if (unknown !== undefined) return { fault: `redis-cli ${unknown} is no flag that documents use` };
  return { command: first === -1 ? [] : words.slice(first) };
}
