import { fileURLToPath } from 'node:url';
import { findProgram } from '../../scripts/setup/programs.mjs';

const repo = fileURLToPath(new URL('../..', import.meta.url));

/** Path of promtool, which checks metrics and runs the tests of alert rules. */
export function promtool(): string {
  return pathOf('promtool');
}

/** Path of a Prometheus server. */
export function prometheus(): string {
  return pathOf('prometheus');
}

/** Path of helm. */
export function helm(): string {
  return pathOf('helm');
}

/** The one that set-up has unpacked or found good, or the one on the PATH. */
function pathOf(program: string): string {
  const found = findProgram(repo, [program]);
  if (found === undefined) throw new Error(`no ${program} here: run \`npm run setup\``);
  return found;
}
