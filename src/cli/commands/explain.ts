import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { BelfryError } from '../../core/errors.ts';
import type { FireTimeAnswer, RunAnswer } from '../../core/explain/answers.ts';
import { quote } from '../../core/quote.ts';
import { openZone } from '../../core/time/zone.ts';
import type { Counter } from '../counter.ts';
import { explainJson } from '../explain_json.ts';
import { formatRunAnswer } from '../explain_run_text.ts';
import { formatFireTimeAnswer, formatScheduleAnswer } from '../explain_text.ts';
import type { NamedZone } from '../instants.ts';
import type { Paint } from '../paint.ts';
import { withOutput, zoneOf, type OutputWords } from '../options.ts';
import { withSession } from '../with_session.ts';

type ExplainWords = OutputWords & { tz?: string };
type Answered = { json: unknown; text: (paint: Paint) => string };

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
    .option(
      '--tz <zone>',
      'zone of a TIME without an offset, and of the times that are shown; default: that of the schedule',
    )
    .action((what: string, words: ExplainWords) => {
      if (words.tz !== undefined) openZone(words.tz, '--tz');
      return withSession(counter, async ({ client }) => {
        const { json, text } = await explain(what, words, client);
        const { desk } = counter;
        desk.out(words.json === true ? `${explainJson(json)}\n` : text(desk.paint));
      });
    });
}

/** The zone of everything that is told of a schedule. */
function zoneFor({ tz, utc }: ExplainWords, timezone: string): NamedZone {
  return { named: tz ?? (utc === true ? 'UTC' : timezone) };
}

async function explain(what: string, words: ExplainWords, client: Client): Promise<Answered> {
  const at = what.lastIndexOf('@');
  const scheduled = SCHEDULED_RUN.exec(what);
  if (UUID.test(what) || scheduled?.[3] !== undefined) return runAnswered(await client.explain.run(what), words);
  if (scheduled !== null) return ofRunOrFireTime(scheduled, words, client);
  if (at > 0) {
    const answer = await client.explain.fireTime(what.slice(0, at), {
      text: what.slice(at + 1),
      timezone: words.tz,
    });
    return fireTimeAnswered(answer, words);
  }
  try {
    const answer = await client.explain.job(what);
    return {
      json: { schedule: answer },
      text: (paint) => formatScheduleAnswer(answer, { zone: zoneFor(words, answer.timezone), paint }),
    };
  } catch (error) {
    // An own id of an enqueue can look like the name of a job.
    if (!(error instanceof BelfryError) || error.code !== 'NOT_FOUND') throw error;
    const run = await client.explain.run(what).catch(() => {
      throw nothingNamed(what, error);
    });
    return runAnswered(run, words);
  }
}

/** A schedule of the API has a colon in its id, and its own words about what is missing. */
function nothingNamed(what: string, error: BelfryError): BelfryError {
  if (error.field !== 'job') return error;
  return new BelfryError('NOT_FOUND', `neither a job nor a run is named ${quote(what)}`, {
    field: 'what',
    hint: `${error.hint ?? 'see `belfry jobs list`'}; old runs are forgotten`,
  });
}

/** The fire time and its run have the same name: both are told, as far as they are known. */
async function ofRunOrFireTime(
  [run, schedule = '', at = '']: RegExpExecArray,
  words: ExplainWords,
  client: Client,
): Promise<Answered> {
  const [ofTime, ofItsRun] = await Promise.allSettled([
    client.explain.fireTime(schedule, Number(at)),
    client.explain.run(run),
  ]);
  if (ofTime.status === 'rejected') {
    if (ofItsRun.status === 'rejected') throw ofTime.reason;
    return runAnswered(ofItsRun.value, words);
  }
  const fireTime = ofTime.value;
  if (ofItsRun.status === 'rejected') return fireTimeAnswered(fireTime, words);
  return {
    json: { fireTime, run: ofItsRun.value },
    text(paint) {
      const shown = { zone: zoneFor(words, fireTime.timezone), paint };
      return `${formatFireTimeAnswer(fireTime, shown)}\n${formatRunAnswer(ofItsRun.value, shown)}`;
    },
  };
}

function fireTimeAnswered(answer: FireTimeAnswer, words: ExplainWords): Answered {
  return {
    json: { fireTime: answer },
    text: (paint) => formatFireTimeAnswer(answer, { zone: zoneFor(words, answer.timezone), paint }),
  };
}

function runAnswered(answer: RunAnswer, words: ExplainWords): Answered {
  const zone = words.tz === undefined ? zoneOf(words) : { named: words.tz };
  return { json: { run: answer }, text: (paint) => formatRunAnswer(answer, { zone, paint }) };
}
