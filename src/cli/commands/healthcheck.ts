import type { Command } from 'commander';
import { BelfryError } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { Counter } from '../counter.ts';
import type { Readiness } from '../desk.ts';

type Words = { url?: string; timeout: string; json?: true };

/** `belfry healthcheck`: for the HEALTHCHECK of an image, whose base has no curl, and for process managers. */
export function addHealthcheck(program: Command, counter: Counter): void {
  program
    .command('healthcheck')
    .description('ask the Belfry of this machine whether it makes progress; exit 1 when it does not')
    .option('--url <url>', 'ask this address; default: /readyz at the configured host and port')
    .option('--timeout <time>', 'how long to wait for the answer', '3s')
    .option('--json', 'answer JSON')
    .action((words: Words) => check(words, counter));
}

async function check({ url, timeout, json }: Words, { desk, file, exit }: Counter): Promise<void> {
  const timeoutMs = parseDuration(timeout, '--timeout');
  if (timeoutMs <= 0) throw new BelfryError('BAD_USAGE', '--timeout is 0', { field: '--timeout', hint: 'such as 3s' });
  const readiness = await desk.askReadiness(file(), { url: url === undefined ? undefined : readUrl(url), timeoutMs });
  if (json === true) {
    desk.out(`${JSON.stringify(readiness)}\n`);
    if (!readiness.ready) exit(1);
    return;
  }
  if (!readiness.ready) throw new BelfryError('NOT_READY', describe(readiness), { hint: 'its log says more' });
  desk.out(`ready: ${readiness.url}\n`);
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new BelfryError('BAD_USAGE', `--url is ${JSON.stringify(text)}`, {
    field: '--url',
    hint: 'such as http://127.0.0.1:7466/readyz',
  });
}

function describe({ url, checks }: Readiness): string {
  const reasons = checks.filter(({ ok }) => !ok).map(({ name, reason }) => `${name}: ${reason ?? 'not ready'}`);
  return `${url} is not ready: ${reasons.join('; ')}`;
}
