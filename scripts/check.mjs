#!/usr/bin/env node
// @ts-check
import { dirname, join } from 'node:path';
import { run } from './setup/run.mjs';
import { report, setUp } from './setup.mjs';

const root = dirname(import.meta.dirname);

/** The checks that are no vitest tests. @type {{ name: string, program: string, args: string[], hint: string }[]} */
const CHECKS = [
  { name: 'format', program: 'oxfmt', args: ['--check'], hint: 'npm run format' },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--max-warnings', '0'], hint: 'npm run lint' },
  {
    name: 'types',
    program: 'tsc',
    args: ['-p', 'tsconfig.json', '--pretty', 'false'],
    hint: 'npx tsc -p tsconfig.json',
  },
  { name: 'unused code', program: 'knip', args: ['--no-progress'], hint: 'npx knip' },
];
const ARCHITECTURE = {
  name: 'architecture',
  program: 'vitest',
  args: ['run', '--project', 'single', 'test/architecture.test.ts'],
  hint: 'npx vitest run test/architecture.test.ts',
};

/**
 * Runs checks one after the other and shows what each of the failing ones says.
 * @param {typeof CHECKS} checks
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(checks = CHECKS) {
  let passed = 0;
  for (const { name, program, args, hint } of checks) {
    const { code, output } = await run(join(root, 'node_modules/.bin', program), args, { cwd: root });
    console.log(code === 0 ? `check ${name}: ok` : `check ${name}: FAILED (${hint})\n${output.trimEnd()}`);
    if (code === 0) passed += 1;
  }
  return { passed, failed: checks.length - passed };
}

if (process.argv[1] === import.meta.filename) {
  try {
    await setUp({ root, purpose: 'build' });
    const { failed } = await runChecks([...CHECKS, ARCHITECTURE]);
    process.exitCode = failed === 0 ? 0 : 1;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}
