import { parse } from 'yaml';
import { writeOut, type Recording } from './recordings.ts';

/** An alerting rule as Prometheus reads it, with nothing recorded in its expression; durations as in the file (`5m`). */
export type AlertRule = {
  alert: string;
  expr: string;
  for: string | undefined;
  keepFiringFor: string | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

export type RuleGroup = { name: string; interval: string | undefined; rules: AlertRule[] };

type Written = {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
};
type WrittenGroup = { name: string; interval?: string; rules: Written[] };

/** The alerting rules of rule files, group by group; what they record is written out where an alert reads it. */
export function readRules(files: readonly string[]): RuleGroup[] {
  const groups = files.flatMap((text) => (parse(text) as { groups: WrittenGroup[] }).groups);
  const recordings: Recording[] = groups.flatMap(({ rules }) =>
    rules.flatMap(({ record, expr }) => (record === undefined ? [] : [{ name: record, expr: expr.trim() }])),
  );
  return groups.map(({ name, interval, rules }) => ({
    name,
    interval,
    rules: rules.flatMap((rule) => (rule.alert === undefined ? [] : [toAlert(rule, rule.alert, recordings)])),
  }));
}

function toAlert(rule: Written, alert: string, recordings: readonly Recording[]): AlertRule {
  return {
    alert,
    expr: writeOut(rule.expr.trim(), recordings),
    for: rule.for,
    keepFiringFor: rule.keep_firing_for,
    labels: rule.labels ?? {},
    annotations: Object.fromEntries(Object.entries(rule.annotations ?? {}).map(([key, text]) => [key, text.trim()])),
  };
}
