// @ts-check
import { spawn } from 'node:child_process';

/**
 * @typedef {{ code: number, output: string }} Outcome the exit code and everything that was written, both streams
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, timeoutMs?: number }} RunOptions
 */

/** What `timeout` of coreutils answers for a program that it has ended. */
const TIMED_OUT = 124;

/**
 * Runs a program to its end. Never throws: a program that is not there answers 127, as a shell would, and one that is
 * not done after `timeoutMs` is killed and answers 124.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Outcome>}
 */
export function run(program, args, options = {}) {
  const { cwd, env = {}, timeoutMs } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let code = 1;
    const limit =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            code = TIMED_OUT;
            output += `\n${program} was not done after ${String(timeoutMs / 1_000)} s`;
            child.kill('SIGKILL');
          }, timeoutMs);
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.once('error', (error) => end({ code: 127, output: error.message }));
    child.once('close', (exit) => end({ code: exit ?? code, output }));
    /** @param {Outcome} outcome */
    function end(outcome) {
      clearTimeout(limit);
      resolve(outcome);
    }
  });
}

/**
 * Runs a program again, once, when it fails or takes too long: a download does so now and then.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 */
export async function runTwice(program, args, options) {
  const first = await run(program, args, options);
  return first.code === 0 ? first : run(program, args, options);
}

/**
 * The last lines of a program's output: enough to see why it failed, short enough to read.
 * @param {string} output
 */
export function tailOf(output, lines = 15) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
