// @ts-check
/** What set-up tells its reader: plain lines on stderr, so that stdout stays free for `--json`. */

/** @param {string} line */
export function say(line) {
  process.stderr.write(`belfry set-up: ${line}\n`);
}

/** A failure that its reader can act on: printed without a stack trace. */
export class SetupError extends Error {
  /**
   * @param {string} message what went wrong
   * @param {string} [hint] what to type or to change
   */
  constructor(message, hint) {
    super(hint === undefined ? message : `${message}\n${hint}`);
    this.name = 'SetupError';
  }
}
