import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export type TestCounts = { passed: number; failed: number; skipped: number };

/**
 * Counts what ran. A file that could not be loaded, a failed hook and an error outside every test have no test of
 * their own, and count as one failure each: nothing that went wrong may leave the closing line clean.
 */
export function countTests(modules: readonly TestModule[], unhandled: readonly SerializedError[]): TestCounts {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): number => tests.filter((test) => test.result().state === state).length;
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const brokenGroups = groups.filter((group) => group.errors().length > 0).length;
  return {
    passed: inState('passed'),
    failed: inState('failed') + brokenGroups + unhandled.length,
    skipped: inState('skipped') + inState('pending'),
  };
}

/** Hands the counts to scripts/test.mjs, which adds its checks and prints the closing line as the last one. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env['BELFRY_TEST_COUNTS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(countTests(modules, unhandled)));
  }
}
