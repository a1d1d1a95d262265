/** One metric of the text that Prometheus reads. */
export type Metric = {
  name: string;
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
};

/** Reads the text format, version 0.0.4. Throws for a line that is not of it, and for a sample before its HELP and TYPE. */
export function readExposition(text: string): Metric[] {
  const metrics: Metric[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line);
    const last = metrics.at(-1);
    if (help !== null) metrics.push({ name: help[1] ?? '', help: help[2] ?? '', type: '', samples: [] });
    else if (type !== null && last !== undefined && last.name === type[1]) last.type = type[2] ?? '';
    else if (last !== undefined && last.type !== '') last.samples.push(readSample(line, last));
    else throw new Error(`not the text format: ${line}`);
  }
  return metrics;
}

function readSample(line: string, { name, type }: Metric): Metric['samples'][number] {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  const suffix = match?.[1]?.slice(name.length);
  const allowed = type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count', ''] : [''];
  if (match === null || match[1]?.startsWith(name) !== true || !allowed.includes(suffix ?? '?')) {
    throw new Error(`not a sample of ${name}: ${line}`);
  }
  const labels = [...(match[2] ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)];
  const value = match[3] === '+Inf' ? Infinity : Number(match[3]);
  return {
    name: match[1] ?? '',
    labels: Object.fromEntries(labels.map(([, label = '', text = '']) => [label, text])),
    value,
  };
}
