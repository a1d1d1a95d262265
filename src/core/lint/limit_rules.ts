import type { JobDefinition } from '../definition.ts';
import { hashName } from '../job_record.ts';
import { isOfJob, packLimit, type JobLimit } from '../limit.ts';
import { completeLimits } from '../limit_templates.ts';
import { describeAmounts } from '../limit_words.ts';
import type { LintFinding } from './finding.ts';

type Use = { job: string; limit: JobLimit };

/** What is doubtful about keys, most of it about those that several jobs share. `shards`: how many the namespace has. */
export function lintLimits(jobs: readonly JobDefinition[], shards: number): LintFinding[] {
  const findings: LintFinding[] = jobs.flatMap(lintFairness);
  for (const [template, uses] of usesOf(jobs)) {
    if (uses.length < 2) continue;
    const [first, ...others] = uses as [Use, ...Use[]];
    const differing = others.find(({ limit }) => contradicts(limit, first.limit));
    if (differing !== undefined) findings.push(differs(template, first, differing));
    const apart = others.find(({ job }) => hashName(job) % shards !== hashName(first.job) % shards);
    if (apart !== undefined && uses.some(({ limit }) => isCounted(limit))) findings.push(spans(template, uses, shards));
  }
  return findings;
}

/** A key without amounts and order is one of `fairness`. With a weight, one key for all runs is their share against others. */
function lintFairness({ name, limits }: JobDefinition): LintFinding[] {
  return limits
    .filter((limit) => !isCounted(limit) && limit.weight === undefined && !limit.key.includes('{'))
    .map(({ key }) => ({
      rule: 'same-fairness-key',
      level: 'warning',
      job: name,
      field: 'fairness',
      says: `fairness is the same key, ${key}, for every run: no run gives way to another`,
      hint: "a field of the payload stands in braces: fairness: 'tenant:{tenant}'",
    }));
}

function usesOf(jobs: readonly JobDefinition[]): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const { name, limits } of jobs) {
    for (const limit of limits) {
      if (!isOfJob(limit.key)) uses.set(limit.key, [...(uses.get(limit.key) ?? []), { job: name, limit }]);
    }
  }
  return uses;
}

/** What only one of them says holds for both. */
function contradicts(one: JobLimit, other: JobLimit): boolean {
  const complete = completeLimits([
    { name: 'a', limits: [one] },
    { name: 'b', limits: [other] },
  ]);
  return packLimit(complete(one)) !== packLimit(complete(other));
}

function isCounted({ rate, concurrency, order }: JobLimit): boolean {
  return rate !== undefined || concurrency !== undefined || order !== undefined;
}

function differs(template: string, first: Use, other: Use): LintFinding {
  return {
    rule: 'shared-limit-differs',
    level: 'warning',
    job: other.job,
    field: 'limits',
    says: `${template} is ${describeAmounts(other.limit)} here and ${describeAmounts(first.limit)} in ${first.job}: they share it, and the last deploy decides`,
    hint: 'write the same limit in each job file, or give one of them a key of its own',
  };
}

function spans(template: string, uses: readonly Use[], shards: number): LintFinding {
  return {
    rule: 'shared-key-spans-shards',
    level: 'warning',
    job: uses[0]?.job,
    field: 'limits',
    says: `${template} is shared by ${uses.map(({ job }) => job).join(', ')}, which live on different ones of the ${shards} shards: each shard counts by itself`,
    hint: 'make them one job, give each its share of the limit, or use one shard',
  };
}
