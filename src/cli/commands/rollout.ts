import type { Command } from 'commander';
import type { RolloutClient } from '../../client/rollout.ts';
import { gateJson, rolloutJson } from '../../client/rollout_json.ts';
import { BelfryError } from '../../core/errors.ts';
import type { RolloutStatus } from '../../core/rollout/progress.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { DurationMs } from '../../core/time/units.ts';
import type { Counter } from '../counter.ts';
import { withOutput, wholeNumber, type OutputWords } from '../options.ts';
import { readInstant } from '../read_instant.ts';
import { rest } from '../rest.ts';
import { formatGate, formatRollout } from '../rollout_text.ts';
import { watchGate } from '../watch_gate.ts';
import { withSession } from '../with_session.ts';

type StatusWords = OutputWords & { watch?: true; of?: string };
type GateWords = OutputWords & {
  of?: string;
  since?: string;
  for?: string;
  every: string;
  maxDrain: string;
  maxDead: string;
  maxFailing: string;
};

const WATCH_MS: DurationMs = 2_000;
const MOST = 1_000_000_000;

/** `belfry rollout status` and `belfry rollout gate`. */
export function addRollout(program: Command, counter: Counter): void {
  const rollout = program
    .command('rollout')
    .description('a version that is being rolled out: how far it is, and whether it may go on');
  withOutput(
    rollout.command('status').description('which versions run, drain and lead, and which jobs differ between them'),
  )
    .option('--of <version>', 'how far this version is; default: that of whatever started last')
    .option('--watch', 'say it again and again until everything has the version')
    .action((words: StatusWords) => showStatus(words, counter));
  withOutput(
    rollout.command('gate').description('exit 0 when the rollout may go on, and 1 with what speaks against it'),
  )
    .option(
      '--of <version>',
      'workers of this version must have code for everything that is queued; default: any worker',
    )
    .option('--for <duration>', 'wait for so long until it may go on')
    .option('--every <duration>', 'time between two looks, which tell whether the backlog grows', '2s')
    .option('--since <instant>', 'when the rollout began; default: when the first worker of the newest version started')
    .option('--max-drain <duration>', 'a worker may drain for so long', '10m')
    .option('--max-dead <n>', 'so many dead letters since the rollout began are borne', '0')
    .option('--max-failing <n>', 'so many jobs that fail since the rollout began are borne', '0')
    .action((words: GateWords) => askGate(words, counter));
}

async function showStatus({ watch, of, json }: StatusWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  await withSession(counter, async ({ client }) => {
    const show = async (): Promise<'settled' | 'goes on'> => {
      const status = await client.rollout.status(of);
      if (watch !== true) refuseUnknown(of, status);
      const text = json === true ? `${JSON.stringify(rolloutJson(status))}\n` : formatRollout(status, desk.paint);
      desk.out(watch === true && json !== true ? `${text}\n` : text);
      return status.state === 'settled' ? 'settled' : 'goes on';
    };
    if (watch !== true) return void (await show());
    const stop = desk.untilStopped();
    while (!stop.aborted && (await show()) === 'goes on') await rest(WATCH_MS, stop);
  });
}

/** Without this a typing error would look like a rollout that does not begin. Whoever watches may wait for the first process. */
function refuseUnknown(of: string | undefined, { workers, schedulers, shards }: RolloutStatus): void {
  const leading = shards.flatMap(({ leader }) => leader?.version ?? []);
  const there = new Set([...workers, ...schedulers].map(({ version }) => version).concat(leading));
  if (of === undefined || there.has(of)) return;
  throw new BelfryError('NOT_FOUND', `no worker or scheduler of version ${of} lives`, {
    field: '--of',
    hint:
      there.size === 0
        ? 'none of any version does: belfry start'
        : `there are: ${[...there].sort().join(', ')}; --watch waits for one that is still to come`,
  });
}

async function askGate(words: GateWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const request: Parameters<RolloutClient['gate']>[0] = {
    version: words.of,
    since: words.since === undefined ? undefined : readInstant(words.since, '--since'),
    maxDrainMs: parseDuration(words.maxDrain, '--max-drain'),
    maxDead: wholeNumber(words.maxDead, '--max-dead', { from: 0, to: MOST }),
    maxFailing: wholeNumber(words.maxFailing, '--max-failing', { from: 0, to: MOST }),
  };
  const timing = {
    everyMs: parseDuration(words.every, '--every'),
    forMs: words.for === undefined ? 0 : parseDuration(words.for, '--for'),
  };
  const answer = await withSession(counter, ({ client }) =>
    watchGate(client.rollout, request, { ...timing, stop: desk.untilStopped() }),
  );
  if (answer.reasons.length > 0) counter.exit(1);
  desk.out(words.json === true ? `${JSON.stringify(gateJson(answer))}\n` : formatGate(answer, desk.paint));
}
