import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { ask } from '../support/desk.ts';
import { startRedis } from '../support/redis.ts';
import { BOTH_MOMENTS, doomVariables, type FailPoint } from './doom.ts';
import { DEEDS_BY_HAND } from './fail_points/tables.ts';
import type { Deed } from './fail_points/deed.ts';
import { openScene, run, type Call, type Scene } from './fail_points/scene.ts';

const redis = await startRedis();

type Moment = FailPoint['moment'];
/** What there is to see after the death, with which code the same ends when it is done again, and what there is to see then. */
type Seen = { died: string; left: unknown; code: number | null; end: unknown };

const UNTOUCHED = 'nothing at all has changed';

async function live(deed: Deed, moment: Moment): Promise<Seen> {
  const { script, meanwhile } = deed;
  const scene = await openScene(redis, deed);
  const { call, see } = await deed.prepare(scene);
  const before = await scene.dump();
  const { code, stdout, stderr } = await run(scene, call, doomVariables({ script, moment, nth: 1 }));
  const said = /fail point [^"]*/.exec(stdout)?.[0];
  const died = code === null && said !== undefined ? said : `ended with ${String(code)}: ${stdout}${stderr}`;
  const isUntouched = moment === 'before' && isDeepStrictEqual(await scene.dump(), before);
  const left = isUntouched ? UNTOUCHED : await see();
  await meanwhile?.(scene);
  return { died, left, code: await repeat(scene, call), end: await see() };
}

/** Commands in this process, which costs less; programs in one of their own. */
async function repeat(scene: Scene, call: Call): Promise<number | null> {
  return 'words' in call ? (await ask(call.words, scene)).code : (await run(scene, call)).code;
}

function expected(deed: Deed, moment: Moment): Seen {
  const { script, done, end = done, twice = end, again = 0 } = deed;
  const died = `fail point ${script} ${moment}`;
  if (moment === 'after') return { died, left: done, code: again, end: twice };
  return { died, left: 'halfway' in deed ? deed.halfway : UNTOUCHED, code: 0, end };
}

test.each(DEEDS_BY_HAND.map((deed) => [`${deed.what} (${deed.script})`, deed] as const))(
  'whoever dies while it %s has done it or has not, and may do the same again',
  async (_, deed) => {
    const seen = await Promise.all(BOTH_MOMENTS.map((moment) => live(deed, moment)));
    expect(seen).toEqual(BOTH_MOMENTS.map((moment) => expected(deed, moment)));
  },
);
