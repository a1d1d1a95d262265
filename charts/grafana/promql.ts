/**
 * The shapes of PromQL that the panels share. What the whole system is like, each scheduler and API process reports
 * alike, so it is folded by `max`; what a process counted, adds up, so it is folded by `sum`.
 */

const by = (labels: string): string => (labels === '' ? '' : ` by (${labels})`);

/** A gauge that each scheduler and API process reports alike. */
export const whole = (gauge: string, labels = ''): string => `max${by(labels)} (${gauge})`;

/** Events per second over all processes. */
export const perSecond = (counter: string, labels = ''): string =>
  `sum${by(labels)} (rate(${counter}[$__rate_interval]))`;

/** Events per minute over all processes. */
export const perMinute = (counter: string, labels = ''): string => `60 * ${perSecond(counter, labels)}`;

/** A quantile of a histogram over all processes, for each value of `labels`. `selector` is `metric{matchers}`. */
export function quantile(q: number, histogram: string, labels = ''): string {
  const keep = labels === '' ? 'le' : `le, ${labels}`;
  return `histogram_quantile(${String(q)}, ${perSecond(bucketsOf(histogram), keep)})`;
}

/** The buckets of a histogram for a heat map. */
export const heat = (histogram: string): string => `sum by (le) (increase(${bucketsOf(histogram)}[$__rate_interval]))`;

/** Seconds since a timestamp that every process reports alike. */
export const age = (timestamp: string, labels = ''): string => `time() - ${whole(timestamp, labels)}`;

/** Part of `selected` in `all`; nothing where nothing was counted. */
export const share = (selected: string, all: string): string => `${selected} / (${all} > 0)`;

/**
 * The `count` series that were highest at any moment of the time range, chosen once for the whole graph: a bare topk
 * chooses anew at each step and draws far more lines.
 */
export const highest = (count: number, { gauge, label }: { gauge: string; label: string }): string =>
  `topk(${String(count)}, max by (${label}) (max_over_time(${gauge}[$__range] @ end())))`;

const bucketsOf = (histogram: string): string => {
  const [name = '', ...matchers] = histogram.split('{');
  return [`${name}_bucket`, ...matchers].join('{');
};
