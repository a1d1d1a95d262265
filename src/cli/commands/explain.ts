import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import type { Counter } from '../counter.ts';
import { explainJson } from '../explain_json.ts';
import { formatRunAnswer, type Shown } from '../explain_run_text.ts';
import { formatFireTimeAnswer, formatScheduleAnswer } from '../explain_text.ts';
import { withOutput, zoneOf, type OutputWords } from '../options.ts';
import { withSession } from '../with_session.ts';
import { BelfryError } from '../../core/errors.ts';

type ExplainWords = OutputWords & { tz?: string };
type Answered = { json: unknown; text: (shown: Shown) => string };

/** Runs that no schedule fired have a UUID. */
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
/** Runs of a schedule: `<schedule>@<fire time in epoch ms>`, those of a backfill with `!<backfill>` behind. */
const SCHEDULED_RUN = /^(.+)@(\d{10,})(!\S+)?$/;

/** `belfry explain`: what happened, happens or will happen, and why. */
export function addExplain(program: Command, counter: Counter): void {
  withOutput(
    program
      .command('explain <what>')
      .description('why: JOB (what it waits for), JOB@TIME (what became of a fire time), RUN (what holds it)'),
  )
    .option('--tz <zone>', 'zone of a TIME without an offset; default: the zone of the schedule')
    .action((what: string, words: ExplainWords) =>
      withSession(counter, async ({ client }) => {
        const { json, text } = await explain(what, words, client);
        const { desk } = counter;
        desk.out(words.json === true ? `${explainJson(json)}\n` : text({ zone: zoneOf(words), paint: desk.paint }));
      }),
    );
}

async function explain(what: string, { tz }: ExplainWords, client: Client): Promise<Answered> {
  const at = what.lastIndexOf('@');
  const scheduled = SCHEDULED_RUN.exec(what);
  if (UUID.test(what) || scheduled?.[3] !== undefined) return ofRun(what, client);
  if (scheduled !== null) return ofRunOrFireTime(what, scheduled, client);
  if (at > 0) {
    const answer = await client.explain.fireTime(what.slice(0, at), { text: what.slice(at + 1), timezone: tz });
    return { json: { fireTime: answer }, text: (shown) => formatFireTimeAnswer(answer, shown) };
  }
  try {
    const answer = await client.explain.job(what);
    return { json: { schedule: answer }, text: (shown) => formatScheduleAnswer(answer, shown) };
  } catch (error) {
    // An own id of an enqueue can look like the name of a job.
    if (!(error instanceof BelfryError) || error.code !== 'NOT_FOUND') throw error;
    return ofRun(what, client).catch(() => {
      throw error;
    });
  }
}

async function ofRun(id: string, client: Client): Promise<Answered> {
  const answer = await client.explain.run(id);
  return { json: { run: answer }, text: (shown) => formatRunAnswer(answer, shown) };
}

/** The fire time and its run have the same name: both are told, as far as they are known. */
async function ofRunOrFireTime(
  what: string,
  [, schedule = '', at = '']: RegExpExecArray,
  client: Client,
): Promise<Answered> {
  const [fireTime, run] = await Promise.allSettled([
    client.explain.fireTime(schedule, Number(at)),
    client.explain.run(what),
  ]);
  if (fireTime.status === 'rejected') {
    if (run.status === 'rejected') throw fireTime.reason;
    return { json: { run: run.value }, text: (shown) => formatRunAnswer(run.value, shown) };
  }
  return {
    json: { fireTime: fireTime.value, ...(run.status === 'fulfilled' && { run: run.value }) },
    text: (shown) =>
      formatFireTimeAnswer(fireTime.value, shown) +
      (run.status === 'fulfilled' ? `\n${formatRunAnswer(run.value, shown)}` : ''),
  };
}
