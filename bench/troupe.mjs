// @ts-check
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { startRedisServer } from './redis_server.mjs';

/** @typedef {import('./operations.mjs').Operations} Operations */
/** @typedef {import('./actor.mjs').Answer} Answer */

/**
 * Asks the process to do something and waits for what it answers.
 * @typedef {<Name extends keyof Operations>(
 *   operation: Name, ...argument: Parameters<Operations[Name]>
 * ) => Promise<Awaited<ReturnType<Operations[Name]>>>} Ask
 */

/** @typedef {{ ask: Ask, leave: () => Promise<void> }} Actor */

/**
 * One system on a Redis of its own, played by as many processes as a benchmark wants.
 * @typedef {object} Troupe
 * @property {import('./redis_server.mjs').RedisServer} redis
 * @property {() => Promise<Actor>} actor one more process
 */

const ACTOR = join(import.meta.dirname, 'actor.mjs');

/**
 * Starts a fresh Redis, registers the job, hands both to `play`, and ends everything that was started.
 * @template Result
 * @param {import('./subject.mjs').SystemName} system
 * @param {(troupe: Troupe) => Promise<Result>} play
 * @param {import('./subject.mjs').Terms} [terms]
 * @returns {Promise<Result>}
 */
export async function withTroupe(system, play, terms = 'plain') {
  const redis = await startRedisServer();
  /** @type {Actor[]} */
  const actors = [];
  /** @type {(error: Error) => void} */
  let onDeath = () => undefined;
  /** @type {Promise<never>} */
  const death = new Promise((_resolve, reject) => (onDeath = reject));
  const actor = async () => {
    const one = await startActor(system, redis.socket, onDeath);
    actors.push(one);
    return one;
  };
  const playAll = async () => {
    const { ask, leave } = await actor();
    await ask('register', terms);
    await leave();
    return play({ redis, actor });
  };
  try {
    return await Promise.race([playAll(), death]);
  } finally {
    await Promise.all(actors.map(({ leave }) => leave()));
    await redis.dispose();
  }
}

/**
 * @param {import('./subject.mjs').SystemName} system
 * @param {string} socket
 * @param {(error: Error) => void} onDeath called when it ends before it was told to leave
 * @returns {Promise<Actor>}
 */
async function startActor(system, socket, onDeath) {
  const child = fork(ACTOR, [system, socket], {
    serialization: 'advanced',
    // Nothing but the benchmark's own answer may reach stdout.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  /** @type {Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let asked = 0;
  const answerTo = (/** @type {number} */ id) => new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));

  child.on('message', (message) => {
    const { id, result, error } = /** @type {Answer} */ (message);
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.once('exit', (code, signal) => {
    onDeath(new Error(`a ${system} process ended unasked (${signal ?? `exit ${String(code)}`})`));
  });
  child.on('error', onDeath);
  await answerTo(asked);
  return {
    ask: /** @type {Ask} */ (
      (operation, argument) => {
        asked += 1;
        const answer = answerTo(asked);
        child.send({ id: asked, operation, argument }, (error) => error && onDeath(error));
        return answer;
      }
    ),
    async leave() {
      child.removeAllListeners('exit');
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}
