// @ts-check
import { spawn } from 'node:child_process';

/**
 * @typedef {{ code: number, output: string }} Outcome the exit code and everything that was written, both streams
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined> }} RunOptions
 */

/**
 * Runs a program to its end. Never throws: a program that is not there answers 127, as a shell would.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Outcome>}
 */
export function run(program, args, options = {}) {
  const { cwd, env = {} } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * The last lines of a program's output: enough to see why it failed, short enough to read.
 * @param {string} output
 */
export function tailOf(output, lines = 15) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
