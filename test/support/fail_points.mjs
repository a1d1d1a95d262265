// @ts-check
import { writeSync } from 'node:fs';
import { Redis } from 'ioredis';

/**
 * Loaded before a process under test, by NODE_OPTIONS: the process ends itself by SIGKILL in the middle of a call of one
 * script. FAIL_POINT is "<script> before|after <n>": at its n-th call, before it is sent, or when its answer is there and
 * nobody has seen it. What is shipped knows nothing of this.
 */
const [script = '', moment = 'before', nth = '1'] = (process.env['FAIL_POINT'] ?? '').split(' ');
const shipped = new URL('../../dist/store/scripts.js', import.meta.url).href;
const { loadScripts } = /** @type {typeof import('../../src/store/scripts.ts')} */ (await import(shipped));
const meant = loadScripts().get(script);
if (meant === undefined) throw new Error(`FAIL_POINT names no script: ${script}`);

const state = { calls: 0 };
const { sendCommand } = Redis.prototype;

/** @this {Redis} @param {Parameters<Redis['sendCommand']>} call @returns {ReturnType<Redis['sendCommand']>} */
Redis.prototype.sendCommand = function (...call) {
  const [{ name, args }] = call;
  const isMeant = (name === 'evalsha' && args[0] === meant.sha) || (name === 'eval' && args[0] === meant.text);
  if (isMeant) state.calls += 1;
  const isNow = isMeant && state.calls === Number(nth);
  if (isNow && moment === 'before') end();
  const answer = sendCommand.apply(this, call);
  return isNow ? Promise.resolve(answer).finally(end) : answer;
};

/** Says so first, as proof that it was this and nothing else. */
function end() {
  writeSync(1, `${JSON.stringify({ time: new Date().toISOString(), msg: `fail point ${script} ${moment}` })}\n`);
  process.kill(process.pid, 'SIGKILL');
}
