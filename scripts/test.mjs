#!/usr/bin/env node
// @ts-check
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChecks } from './check.mjs';
import { report, setUp } from './setup.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const root = dirname(import.meta.dirname);

/**
 * Runs vitest with its output on ours; the reporter writes what it counted into `countsFile`.
 * @param {string} countsFile
 * @returns {Promise<Counts & { code: number }>}
 */
async function runVitest(countsFile) {
  const args = ['run', '--reporter=default', '--reporter=./test/support/closing_line.ts'];
  const child = spawn(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: root,
    env: { ...process.env, BELFRY_TEST_COUNTS: countsFile },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  /** @type {number} */
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (/** @type {number | null} */ exit) => resolve(exit ?? 1));
  });
  return { ...readCounts(countsFile), code };
}

/** No counts means that vitest did not come to its end: that is a failure. @param {string} file @returns {Counts} */
function readCounts(file) {
  try {
    return /** @type {Counts} */ (JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function test() {
  await setUp({ root, purpose: 'test' });
  const checks = await runChecks();
  const folder = mkdtempSync(join(tmpdir(), 'belfry-counts-'));
  const tests = await runVitest(join(folder, 'counts.json'));
  rmSync(folder, { recursive: true });
  if (tests.passed + tests.failed === 0) console.log('no test ran');
  const hasFailed = checks.failed + tests.failed > 0 || tests.passed === 0 || tests.code !== 0;
  const failed = checks.failed + Math.max(tests.failed, tests.code === 0 ? 0 : 1);
  const skipped = tests.skipped === 0 ? '' : `, ${String(tests.skipped)} skipped`;
  console.log(`${String(checks.passed + tests.passed)} passed, ${String(failed)} failed${skipped}`);
  process.exitCode = hasFailed ? 1 : 0;
}

try {
  await test();
} catch (error) {
  report(error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
