import { expect, test } from 'vitest';
import { createLeaseBoard, readLeaseBoard } from '../../src/worker/lease_board.ts';

test('the lease of a backfilled run of the longest schedule id is on the board under its whole id', () => {
  const id = `${'j'.repeat(100)}:${'k'.repeat(120)}@1767225600000!0123456789ab`;
  const board = createLeaseBoard(2);
  board.hold({ shard: 1, id, token: '7' });
  expect(readLeaseBoard(board.memory)).toEqual([{ row: 0, shard: 1, id, token: '7' }]);
});
