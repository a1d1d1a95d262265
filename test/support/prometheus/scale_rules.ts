import { parser } from '@prometheus-io/lezer-promql';
import { parse, stringify } from 'yaml';

type Rule = { alert?: string; record?: string; expr: string; for?: string; keep_firing_for?: string };
type RuleFile = { groups: { name: string; interval?: string; rules: Rule[] }[] };

const UNITS_MS = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
} as const;

/** Ms of a duration of Prometheus, such as `1h30m`. */
function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) throw new Error(`no duration: ${text}`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS], 0);
}

/** The duration, this many times shorter. */
export function scaleDuration(text: string, factor: number): string {
  return `${String(Math.round(durationMs(text) / factor))}ms`;
}

/** An expression with every window and offset this many times shorter; numbers, labels and names stay. */
export function scaleExpression(expr: string, factor: number): string {
  const edits: { from: number; to: number }[] = [];
  parser.parse(expr).iterate({
    enter({ name, from, to, type }) {
      if (type.isError) throw new Error(`not PromQL at ${String(from)}: ${expr}`);
      if (name === 'NumberDurationLiteralInDurationContext') edits.push({ from, to });
    },
  });
  return edits.reduceRight(
    (text, { from, to }) => text.slice(0, from) + scaleDuration(text.slice(from, to), factor) + text.slice(to),
    expr,
  );
}

/**
 * A rule file in which time passes this many times faster: windows, offsets, `for`, `keep_firing_for` and intervals. What is
 * compared with a number of seconds stays, for those are of the system and not of the watching.
 */
export function scaleRules(text: string, factor: number): string {
  const { groups } = parse(text) as RuleFile;
  const scaled = (key: string, value: string | undefined) =>
    value === undefined ? {} : { [key]: scaleDuration(value, factor) };
  return stringify({
    groups: groups.map((group) => ({
      ...group,
      ...scaled('interval', group.interval),
      rules: group.rules.map((rule) => ({
        ...rule,
        expr: scaleExpression(rule.expr, factor),
        ...scaled('for', rule.for),
        ...scaled('keep_firing_for', rule.keep_firing_for),
      })),
    })),
  });
}
