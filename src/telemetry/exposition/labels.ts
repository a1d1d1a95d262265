/** The two formats that a scrape can be answered in. Only `openmetrics` has room for exemplars. */
export type Format = 'text' | 'openmetrics';

const ESCAPED = /[\\"\n]/g;
const NEEDS_ESCAPE = /[\\"\n]/;

/** A value as it stands between the quotes of a label. */
function escapeLabel(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value.replaceAll(ESCAPED, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}

/** `job_name="poll",outcome="dead"`, without braces, so that a bucket's bound can follow; empty for no labels. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeLabel(values[i] ?? '')}"`).join(',');
}

export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** HELP and TYPE. OpenMetrics names the family of a counter without `_total`. */
export function headText(family: { name: string; help: string; type: string }, format: Format): string {
  const { help, type } = family;
  const isCounter = format === 'openmetrics' && type === 'counter';
  const name = isCounter ? family.name.replace(/_total$/, '') : family.name;
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped}\n# TYPE ${name} ${type}\n`;
}
