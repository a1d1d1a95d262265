import type { JobRecord } from './job_record.ts';
import { isOfJob, limitField, packLimit, type JobLimit, type KeyLimit } from './limit.ts';

/** A template with its limit, and the jobs whose files name it. */
export type LimitTemplate = { template: string; limit: KeyLimit; jobs: string[] };

type Limiting = Pick<JobRecord, 'name' | 'limits'>;

/**
 * What each job says of its templates, and what it leaves out as others say it: a job that gives the key a weight takes no
 * rate away that another one gives it. Where two contradict, each has its own: the one that is stored last counts.
 */
export function completeLimits(records: Iterable<Limiting>): (limit: JobLimit) => JobLimit {
  const said = new Map<string, JobLimit>();
  for (const { limits } of [...records].sort(byName)) {
    for (const limit of limits) said.set(limit.key, completed(said.get(limit.key) ?? { key: limit.key }, limit));
  }
  return (limit) => (isOfJob(limit.key) ? limit : completed(limit, said.get(limit.key) ?? limit));
}

/** A burst is one of its rate. */
function completed(own: JobLimit, other: JobLimit): JobLimit {
  const { rate, burst, ...rest } = other;
  const ofRate = { ...(rate !== undefined && { rate }), ...(burst !== undefined && { burst }) };
  return { ...(own.rate === undefined ? ofRate : {}), ...rest, ...own };
}

function byName(a: Limiting, b: Limiting): number {
  return a.name < b.name ? -1 : 1;
}

/** Templates by field (see limitField). Where job files contradict each other, the first job by name counts. */
export function templatesOf(records: Iterable<Limiting>): Map<string, LimitTemplate> {
  const templates = new Map<string, LimitTemplate>();
  const sorted = [...records].sort(byName);
  const complete = completeLimits(sorted);
  for (const { name, limits } of sorted) {
    for (const limit of limits) {
      if (isOfJob(limit.key)) continue;
      const known = templates.get(limitField(limit));
      if (known === undefined) templates.set(limitField(limit), { ...splitKey(complete(limit)), jobs: [name] });
      else known.jobs.push(name);
    }
  }
  return templates;
}

export function splitKey({ key, ...limit }: JobLimit): Pick<LimitTemplate, 'template' | 'limit'> {
  return { template: key, limit };
}

/**
 * What is wrong with the stored limits of templates: fields with what they should hold, '' for nothing. A limit that one of
 * the jobs has is left alone: the last deploy decides, and the next one may be under way.
 */
export function repairTemplates(
  records: readonly Limiting[],
  stored: ReadonlyMap<string, string>,
): Map<string, string> {
  const repairs = new Map<string, string>();
  const said = new Map<string, Set<string>>();
  const complete = completeLimits(records);
  for (const { limits } of records) {
    for (const limit of limits)
      said.set(limitField(limit), (said.get(limitField(limit)) ?? new Set()).add(packLimit(complete(limit))));
  }
  for (const [field, { limit }] of templatesOf(records)) {
    if (said.get(field)?.has(stored.get(field) ?? '') !== true) repairs.set(field, packLimit(limit));
  }
  for (const field of stored.keys()) {
    if (field.startsWith('*') && !said.has(field)) repairs.set(field, '');
  }
  return repairs;
}
