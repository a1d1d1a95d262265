import { contentHash } from '../core/content_hash.ts';
import type { JobRecord } from '../core/job_record.ts';
import type { ScheduleRule, WhenRule } from '../core/schedule.ts';
import { includesReboot } from './rule_cache.ts';

/** What tells one deployment from the next, for `@reboot`. */
export type Deployment = {
  /** Said by whoever deploys (BELFRY_DEPLOYMENT). Undefined: the jobs and the version of Belfry tell. */
  id: string | undefined;
  /** Version of Belfry. */
  version: string;
};

/** The deployment's name: the same on each replica that has the same jobs. */
export function deploymentOf(records: readonly JobRecord[], { id, version }: Deployment): string {
  if (id !== undefined) return id;
  const texts = records.map((record) => JSON.stringify(record)).sort();
  return contentHash([version, ...texts].join('\n'));
}

/** The record with the deployment in its rule, where that is an `@reboot`: it fires once for each. */
export function withDeployment(record: JobRecord, deployment: string): JobRecord {
  if (record.ruleJson?.includes('"@reboot"') !== true) return record;
  const rule = JSON.parse(record.ruleJson) as ScheduleRule;
  return includesReboot(rule) ? { ...record, ruleJson: JSON.stringify(deployed(rule, deployment)) } : record;
}

/** Keys stay in the order of the type, so that equal rules have equal texts. */
function deployed<Rule extends WhenRule>(rule: Rule, deployment: string): Rule {
  if (rule.c === '@reboot') {
    const { c, b: _, ...rest } = rule;
    return { c, b: deployment, ...rest } as Rule;
  }
  return rule.u === undefined ? rule : { ...rule, u: rule.u.map((member) => deployed(member, deployment)) };
}
