import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export type AlertRule = {
  /** `jobs.yaml`. */
  file: string;
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};
export type RecordingRule = { file: string; record: string; expr: string };
export type Rules = { alerts: AlertRule[]; recordings: RecordingRule[] };

type Written = Partial<AlertRule & RecordingRule> & { expr: string };

const FOLDER = fileURLToPath(new URL('../../../charts/belfry/files/rules/', import.meta.url));

/** Paths of the rule files that the chart ships. */
export const RULE_FILES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(FOLDER, name));

export function readRules(): Rules {
  const found: Rules = { alerts: [], recordings: [] };
  for (const path of RULE_FILES) {
    const file = path.slice(FOLDER.length);
    const { groups } = parse(readFileSync(path, 'utf8')) as { groups: { rules: Written[] }[] };
    for (const { alert, record, expr, labels = {}, annotations = {} } of groups.flatMap(({ rules }) => rules)) {
      if (alert !== undefined) found.alerts.push({ file, alert, expr, labels, annotations });
      if (record !== undefined) found.recordings.push({ file, record, expr });
    }
  }
  return found;
}

/** `BelfryJobLate` → `job-late`: the name of its runbook. */
export const pageOf = (alert: string): string =>
  alert
    .replace(/^Belfry/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();

/** Rules of one alert are told apart by their labels: `BelfryNoLeader critical no_leader`. */
export const titleOf = ({ alert, labels }: Pick<AlertRule, 'alert' | 'labels'>): string =>
  [alert, ...Object.values(labels)].join(' ');
