import { expect, test } from 'vitest';
import { ask } from '../support/desk.ts';
import { startRedis } from '../support/redis.ts';
import { BOTH_MOMENTS, doomVariables, type FailPoint } from './doom.ts';
import { DEEDS_BY_HAND } from './fail_points/tables.ts';
import type { Deed } from './fail_points/deed.ts';
import { openScene, run, type Call, type Scene } from './fail_points/scene.ts';

const redis = await startRedis();

/** Dies there, looks, does the same again and looks again. */
async function live(deed: Deed, moment: FailPoint['moment']): Promise<void> {
  const { script, done, halfway, end = done, twice = end, again = 0 } = deed;
  const scene = await openScene(redis, deed.registered);
  const { call, see } = await deed.prepare(scene);
  const untouched = await scene.dump();
  const died = await run(scene, call, doomVariables({ script, moment, nth: 1 }));
  expect([died.code, died.stdout], died.stderr).toEqual([
    null,
    expect.stringContaining(`fail point ${script} ${moment}`),
  ]);

  if (moment === 'after') expect(await see()).toEqual(done);
  else if ('halfway' in deed) expect(await see()).toEqual(halfway);
  else expect(await scene.dump()).toEqual(untouched);
  await deed.meanwhile?.(scene);
  const { code, told } = await repeat(scene, call);
  expect(code, told).toBe(moment === 'before' ? 0 : again);
  expect(await see()).toEqual(moment === 'before' ? end : twice);
}

/** Commands in this process, which costs less; programs in one of their own. */
async function repeat(scene: Scene, call: Call): Promise<{ code: number | null; told: string }> {
  if ('words' in call) {
    const { code, err } = await ask(call.words, scene);
    return { code, told: err };
  }
  const { code, stderr } = await run(scene, call);
  return { code, told: stderr };
}

test.each(DEEDS_BY_HAND.map((deed) => [`${deed.what} (${deed.script})`, deed] as const))(
  'whoever dies while it %s has done it or has not, and may do the same again',
  async (_, deed) => {
    await Promise.all(BOTH_MOMENTS.map((moment) => live(deed, moment)));
  },
);
