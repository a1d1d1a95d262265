import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parseDuration } from '../../../src/core/time/duration.ts';

/** A moment at which a test of the rules says which alerts of a name fire, by their labels. */
export type AlertCase = {
  /** The file and the sentence of the story that the moment belongs to. */
  story: string;
  atMs: number;
  alert: string;
  fires: Record<string, string>[];
};

type Written = {
  tests: {
    name: string;
    alert_rule_test: { eval_time: string; alertname: string; exp_alerts: { exp_labels: Record<string, string> }[] }[];
  }[];
};

const FOLDER = fileURLToPath(new URL('../../alerts/', import.meta.url));

/** Paths of the tests that promtool runs. */
export const CASE_FILES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name));

export function readCases(): AlertCase[] {
  return CASE_FILES.flatMap((path) => {
    const { tests } = parse(readFileSync(path, 'utf8')) as Written;
    return tests.flatMap(({ name, alert_rule_test: moments }) =>
      moments.map(({ eval_time: at, alertname: alert, exp_alerts: fires }) => ({
        story: `${path.slice(FOLDER.length)}: ${name}`,
        atMs: at.startsWith('0') ? 0 : parseDuration(at, 'eval_time'),
        alert,
        fires: fires.map((expected) => expected.exp_labels),
      })),
    );
  });
}
