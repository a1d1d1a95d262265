import type { Command } from 'commander';
import { restartJson } from '../../client/restart_json.ts';
import type { RestartRequest } from '../../client/begin_restart.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Restart } from '../../core/restart/restart.ts';
import type { ResumeTerms } from '../../core/restart/resume.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { Counter } from '../counter.ts';
import { wholeNumber, withBy, withOutput, zoneOf, type ByWords } from '../options.ts';
import { createProgress, formatPreview, formatRestart, previewJson } from '../restart_text.ts';
import { withSession } from '../with_session.ts';

type RestartFlags = ByWords & {
  maxUnavailable?: string;
  pool: string[];
  versionOlderThan?: string;
  deployment?: string;
  waitNew?: string;
  maxFailures?: string;
  anyHost?: true;
  fewerSlots?: true;
  note?: string;
  force?: true;
  resume?: true;
  abandon?: true;
  status?: true;
  dryRun?: true;
};

/** `belfry workers restart`. */
export function addRestart(workers: Command, counter: Counter): void {
  withBy(withOutput(workers.command('restart')))
    .description('restart workers in waves: each is told to drain and exit, its supervisor starts the new one')
    .option('--max-unavailable <share>', 'of each pool at a time, such as 10% or 3; default 10%, at least one')
    .option('--pool <name>', 'only this pool; may be given several times', collect, [])
    .option('--version-older-than <version>', 'only workers of an older Belfry; a new one counts from this version on')
    .option('--deployment <name>', 'only workers of another BELFRY_DEPLOYMENT; a new one counts with this one')
    .option('--wait-new <duration>', 'how long a new worker may take to come; default 60s')
    .option('--max-failures <n>', 'workers that may fail to come back before it stops; default 0')
    .option('--any-host', 'new workers may come up on other hosts than the old ones')
    .option('--fewer-slots', 'new workers may have fewer slots than the old ones')
    .option('--note <text>', 'why')
    .option('--force', 'also processes with other roles; leaves those that take no orders as they are')
    .option('--resume', 'go on with the last one, which stopped or was interrupted')
    .option('--abandon', 'begin anew though the last one is not finished')
    .option('--status', 'show the last one')
    .option('--dry-run', 'show who would be told, and tell nobody')
    .action((_: unknown, command: Command) =>
      withFlagNames(() => restartWorkers(command.optsWithGlobals<RestartFlags>(), counter)),
    );
}

const collect = (name: string, names: string[]): string[] => [...names, name];

async function restartWorkers(flags: RestartFlags, counter: Counter): Promise<void> {
  if (flags.status === true) return showLast(flags, counter);
  if (flags.dryRun === true && flags.resume !== true) return preview(flags, counter);
  const { desk, exit } = counter;
  const by = flags.by ?? desk.user;
  if (flags.resume === true) assertResumable(flags);
  const ended = await withSession(counter, ({ client }) => {
    const watch = { stop: desk.untilStopped(), onProgress: createProgress((line) => desk.err(`${line}\n`)) };
    return flags.resume === true
      ? client.workers.resumeRestart({ by, terms: termsOf(flags) }, watch)
      : client.workers.restart(requestOf(flags, by), watch);
  });
  tell(ended, flags, counter);
  if (ended.status !== 'done') exit(1);
}

async function showLast(flags: RestartFlags, counter: Counter): Promise<void> {
  const last = await withSession(counter, ({ client }) => client.workers.lastRestart());
  if (last !== undefined) tell(last, flags, counter);
  else counter.desk.out(flags.json === true ? '{"restart":null}\n' : 'there was no restart in the last month\n');
}

async function preview(flags: RestartFlags, counter: Counter): Promise<void> {
  const { desk } = counter;
  const seen = await withSession(counter, ({ client }) =>
    client.workers.previewRestart(requestOf(flags, flags.by ?? desk.user)),
  );
  desk.out(
    flags.json === true ? `${JSON.stringify({ preview: previewJson(seen) })}\n` : formatPreview(seen, desk.paint),
  );
}

function tell(restart: Restart, flags: RestartFlags, { desk }: Counter): void {
  desk.out(
    flags.json === true
      ? `${JSON.stringify({ restart: restartJson(restart) })}\n`
      : formatRestart(restart, { paint: desk.paint, zone: zoneOf(flags) }),
  );
}

function requestOf(flags: RestartFlags, by: string): RestartRequest {
  const { pool, versionOlderThan, deployment, note, force, abandon } = flags;
  return {
    by,
    ...(note === undefined ? {} : { note }),
    terms: {
      ...termsOf(flags),
      pools: pool,
      ...(versionOlderThan === undefined ? {} : { olderThan: versionOlderThan }),
      ...(deployment === undefined ? {} : { deployment }),
    },
    roles: force === true ? 'all' : 'worker',
    unfinished: abandon === true ? 'abandon' : 'refuse',
  };
}

/** What may also be said, and be another, when a restart goes on. */
function termsOf({ maxUnavailable, waitNew, maxFailures, anyHost, fewerSlots }: RestartFlags): ResumeTerms {
  return {
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    ...(waitNew === undefined ? {} : { waitNewMs: parseDuration(waitNew, '--wait-new') }),
    ...(maxFailures === undefined
      ? {}
      : { maxFailures: wholeNumber(maxFailures, '--max-failures', { from: 0, to: 100_000 }) }),
    ...(anyHost === true ? { place: 'any-host' } : {}),
    ...(fewerSlots === true ? { slots: 'fewer' } : {}),
  };
}

/** Throws BAD_USAGE for what was fixed when the restart began. */
function assertResumable({ pool, versionOlderThan, deployment, dryRun, abandon, force }: RestartFlags): void {
  const given: readonly (readonly [string, boolean])[] = [
    ['--pool', pool.length > 0],
    ['--version-older-than', versionOlderThan !== undefined],
    ['--deployment', deployment !== undefined],
    ['--dry-run', dryRun === true],
    ['--force', force === true],
    ['--abandon', abandon === true],
  ];
  const [wrong] = given.find(([, isGiven]) => isGiven) ?? [];
  if (wrong === undefined) return;
  throw new BelfryError('BAD_USAGE', `${wrong} does not go with --resume`, {
    field: wrong,
    hint: 'a restart that goes on is about the workers that it began with; --abandon begins anew',
  });
}

const FLAGS: Readonly<Record<string, string>> = {
  maxUnavailable: '--max-unavailable',
  versionOlderThan: '--version-older-than',
  waitNew: '--wait-new',
  pool: '--pool',
};

/** The same error, which names the flag instead of the field of the client. */
async function withFlagNames<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const flag = thrown instanceof BelfryError ? FLAGS[thrown.field ?? ''] : undefined;
    if (flag === undefined) throw thrown;
    const { code, message, field = '', hint } = thrown as BelfryError;
    throw new BelfryError(code, message.startsWith(`${field} `) ? flag + message.slice(field.length) : message, {
      field: flag,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
