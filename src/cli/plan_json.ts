import { hasChanges, type Plan } from '../client/plan.ts';
import type { JobChange } from '../core/rollout/job_plan.ts';
import { isoOf } from './instants.ts';
import type { JobFolder } from './job_folder.ts';

/** A plan as `--json` answers it; times are ISO 8601, null where there is none. */
export function planJson(plan: Plan, folder: Pick<JobFolder, 'broken' | 'placeOf'>) {
  const of = (kind: JobChange['kind']) => plan.jobs.filter((change) => change.kind === kind);
  return {
    changes: hasChanges(plan),
    added: of('added').map((change) => changeJson(change, folder)),
    changed: of('changed').map((change) => changeJson(change, folder)),
    removed: of('removed').map((change) => changeJson(change, folder)),
    retimed: of('changed').flatMap(({ job, retimed }) => (retimed === undefined ? [] : [job])),
    unchanged: plan.unchanged,
    calendars: plan.calendars,
    orphans: plan.orphans,
    complete: plan.seen === 'all',
    broken: folder.broken,
  };
}

function changeJson({ job, differences, retimed, problem }: JobChange, { placeOf }: Pick<JobFolder, 'placeOf'>) {
  return {
    job,
    where: placeOf(job, undefined) ?? null,
    differences: differences.map(({ field, before, after }) => ({
      field,
      before: before ?? null,
      after: after ?? null,
    })),
    fireTimes: retimed === undefined ? null : { before: retimed.before.map(isoOf), after: retimed.after.map(isoOf) },
    problem: problem ?? null,
  };
}
