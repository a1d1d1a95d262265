import { expect, test } from 'vitest';
import type { ChildResult } from '../../../src/core/job.ts';
import { jobText, runText } from '../../support/isolated_job.ts';

const child = (id: string, state: ChildResult['state']): ChildResult => ({ id, job: 'b', state, inlined: false });

test.each(['thread', 'process'] as const)('in a %s, a handler spawns children and adds to its batch', async (kind) => {
  const body = `
    const ids = [await context.spawn('b', 1), ...(await context.spawnMany('b', [1, 2]))];
    return { ids, batch: context.batch.id, added: await context.batch.add([{ job: 'c' }]) };`;
  expect(await runText({ kind, body, kin: { batch: 'x' } }).result).toEqual({
    ids: ['child of b 0', 'child of b 0', 'child of b 1'],
    batch: 'x',
    added: ['c in batch'],
  });
});

test.each(['thread', 'process'] as const)(
  'in a %s, a gather is given the children and may ask for results',
  async (kind) => {
    const text = jobText('return "run";').replace(
      /\} \}\);$/,
      '}, async gather({ results, failures, resultOf }) { return [failures[0].id, await resultOf(results[0])]; } });',
    );
    const gathered = { results: [child('r', 'succeeded')], failures: [child('f', 'dead')] };
    expect(await runText({ kind, text, kin: { gathered } }).result).toEqual(['f', 'result of r']);
  },
);

test('without a batch there is none', async () => {
  expect(await runText({ kind: 'thread', body: 'return context.batch === undefined;' }).result).toBe(true);
});
