import type { JobRecord } from './job_record.ts';
import { isOfJob, limitField, packLimit, type JobLimit, type KeyLimit } from './limit.ts';

/** A template with its limit, and the jobs whose files name it. */
export type LimitTemplate = { template: string; limit: KeyLimit; jobs: string[] };

/** Templates by field (see limitField). Where job files say different things of one, the first job by name counts. */
export function templatesOf(records: Iterable<Pick<JobRecord, 'name' | 'limits'>>): Map<string, LimitTemplate> {
  const templates = new Map<string, LimitTemplate>();
  for (const { name, limits } of [...records].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    for (const limit of limits) {
      if (isOfJob(limit.key)) continue;
      const known = templates.get(limitField(limit));
      if (known === undefined) templates.set(limitField(limit), { ...splitKey(limit), jobs: [name] });
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
  records: readonly Pick<JobRecord, 'name' | 'limits'>[],
  stored: ReadonlyMap<string, string>,
): Map<string, string> {
  const repairs = new Map<string, string>();
  const said = new Map<string, Set<string>>();
  for (const { limits } of records) {
    for (const limit of limits)
      said.set(limitField(limit), (said.get(limitField(limit)) ?? new Set()).add(packLimit(limit)));
  }
  for (const [field, { limit }] of templatesOf(records)) {
    if (said.get(field)?.has(stored.get(field) ?? '') !== true) repairs.set(field, packLimit(limit));
  }
  for (const field of stored.keys()) {
    if (field.startsWith('*') && !said.has(field)) repairs.set(field, '');
  }
  return repairs;
}
