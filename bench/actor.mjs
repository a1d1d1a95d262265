// @ts-check
import { createOperations } from './operations.mjs';

/** A process of a benchmark: opens one system on one Redis, and does what its parent asks it to. */

/** @typedef {{ id: number, operation: keyof import('./operations.mjs').Operations, argument: unknown }} Question */
/** @typedef {{ id: number, result?: unknown, error?: string }} Answer */

const [name, socket = ''] = process.argv.slice(2);
const system =
  name === 'belfry'
    ? await (await import('./systems/belfry.mjs')).openBelfry(socket)
    : await (await import('./systems/bullmq.mjs')).openBullMQ(socket);
const operations = createOperations(system);

/** @param {Question} question @returns {Promise<Answer>} */
async function answer({ id, operation, argument }) {
  try {
    const perform = /** @type {(argument: unknown) => unknown} */ (operations[operation]);
    return { id, result: await perform(argument) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (question) => {
  void answer(/** @type {Question} */ (question)).then((reply) => process.send?.(reply));
});
// The parent ends a process by closing the channel, and so does its death.
process.once('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches the whole group: the parent decides.
process.on('SIGINT', () => undefined);
process.send?.({ id: 0 });
