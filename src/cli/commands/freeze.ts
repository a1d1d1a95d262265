import type { Command } from 'commander';
import { isOpen } from '../../client/freezes.ts';
import { freezeJson } from '../../client/json_views.ts';
import { BelfryError } from '../../core/errors.ts';
import type { Counter } from '../counter.ts';
import { withBy, withOutput, zoneOf, type ByWords, type OutputWords } from '../options.ts';
import { describeFreeze } from '../pause_words.ts';
import { readDeadline } from '../read_instant.ts';
import { withSession } from '../with_session.ts';

type FreezeWords = ByWords & { why?: string; from?: string; until?: string };

/** `belfry freeze`, `belfry unfreeze` and `belfry freezes`. */
export function addFreeze(program: Command, counter: Counter): void {
  withBy(withOutput(program.command('freeze').description('no schedule fires from now on; what runs goes on')))
    .option('--why <text>', 'the reason, for everybody who wonders')
    .option('--from <when>', 'begin then: an instant, or in how long; default now')
    .option('--until <when>', 'end then: an instant, or in how long, such as 2h; default: when somebody lifts it')
    .action((words: FreezeWords) => freeze(words, counter));
  withBy(
    withOutput(program.command('unfreeze [freeze]').description('lift a freeze; without its id the only one')),
  ).action((id: string | undefined, words: ByWords) => unfreeze(id, words, counter));
  withOutput(program.command('freezes').description('freezes of now, of later and of the last 30 days')).action(
    (words: OutputWords) => listFreezes(words, counter),
  );
}

async function freeze({ why, from, until, by, ...words }: FreezeWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  if (why === undefined) {
    throw new BelfryError('BAD_USAGE', '--why is not given', {
      field: '--why',
      hint: "say why: belfry freeze --why 'the database moves' --until 2h",
    });
  }
  const now = desk.now();
  const made = await withSession(counter, ({ client }) =>
    client.freezes.freeze({
      by: by ?? desk.user,
      why,
      ...(from === undefined ? {} : { from: readDeadline(from, '--from', now) }),
      ...(until === undefined ? {} : { until: readDeadline(until, '--until', now) }),
    }),
  );
  desk.out(
    words.json === true
      ? `${JSON.stringify({ freeze: freezeJson(made) })}\n`
      : `frozen: ${describeFreeze(made, zoneOf(words))}\n`,
  );
}

async function unfreeze(id: string | undefined, words: ByWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const lifted = await withSession(counter, async ({ client }) => {
    const open = (await client.freezes.list()).filter((one) => isOpen(one, desk.now()));
    if (id === undefined && open.length !== 1) {
      throw new BelfryError(open.length === 0 ? 'NOT_FOUND' : 'BAD_USAGE', `there are ${open.length} freezes`, {
        field: 'freeze',
        hint: open.length === 0 ? 'nothing is frozen' : `say which: ${open.map((one) => one.id).join(', ')}`,
      });
    }
    return client.freezes.lift(id ?? (open[0]?.id as string), { by: words.by ?? desk.user });
  });
  desk.out(words.json === true ? `${JSON.stringify({ freeze: freezeJson(lifted) })}\n` : `${lifted.id} is lifted\n`);
}

async function listFreezes(words: OutputWords, counter: Counter): Promise<void> {
  const { desk } = counter;
  const freezes = await withSession(counter, ({ client }) => client.freezes.list());
  if (words.json === true) {
    desk.out(`${JSON.stringify({ freezes: freezes.map(freezeJson) })}\n`);
    return;
  }
  const now = desk.now();
  for (const one of freezes) {
    const state = !isOpen(one, now) ? 'over' : one.from > now ? 'to come' : 'holds';
    desk.out(
      `${desk.paint(state === 'over' ? 'dim' : 'yellow', state.padEnd(7))}  ${describeFreeze(one, zoneOf(words))}\n`,
    );
  }
  if (freezes.length === 0) desk.out('nothing is frozen\n');
}
